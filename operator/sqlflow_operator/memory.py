"""What the operator remembers of jobs between two looks. At a restart all of it is lost.

It saves reading again what can't have changed: a program, the Events of a pod.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pkg_argo.kube import Object
    from sqlflow.plan import Program


@dataclass(slots=True)
class JobMemory:
    """Of one job that is not over.

    Attributes:
        outline: the program without its texts, see :func:`sqlflow_operator.programs.outline`.
        events: by the uid of a pod, its Events.
    """

    uid: str
    outline: Program | None = None
    events: dict[str, Sequence[Object]] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """Of all jobs, by namespace and name."""

    jobs: dict[tuple[str, str], JobMemory] = field(default_factory=dict)

    def of(self, namespace: str, name: str, uid: str) -> JobMemory:
        """Return what is remembered of a job; a job of the same name before it is forgotten."""
        known = self.jobs.get((namespace, name))
        if known is None or known.uid != uid:
            known = self.jobs[namespace, name] = JobMemory(uid)
        return known

    def forget(self, namespace: str, name: str) -> None:
        """Forget a job that is gone, or over."""
        self.jobs.pop((namespace, name), None)
