"""What the operator remembers of jobs between two looks. At a restart all of it is lost.

It saves reading again what can't have changed: a program, the Events of a pod, a job that is over.
It tells the echoes of the operator's own writes from news. And it holds what a look goes on from: a
job that is new, as the watch told of it, and one whose Workflow was made while others waited for
theirs. Any news of a job ends that: it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pkg_argo import names
from pkg_argo.kube import JOBS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pkg_argo.kube import Object
    from sqlflow.plan import Program
    from sqlflow_operator.reconciling import Observation


@dataclass(slots=True)
class JobMemory:
    """Of one job.

    Attributes:
        over: the version of the job in which a look found it over; empty as long as it is not.
        written: by kind, the version of what was written last, and seen in full by who wrote it.
        outline: the program without its texts, see :func:`sqlflow_operator.programs.outline`.
        events: by the uid of a pod, its Events.
        lease: when its fetch lease is over, as it was when it was read last.
    """

    uid: str
    over: str = ""
    written: dict[str, str] = field(default_factory=dict)
    outline: Program | None = None
    events: dict[str, Sequence[Object]] = field(default_factory=dict)
    lease: datetime | None = None


class Begun(NamedTuple):
    """A job that has its Workflow, and was put off.

    Attributes:
        seen: what the next look goes on from.
        at: when the Workflow was made.
    """

    seen: Observation
    at: datetime


@dataclass(slots=True)
class Memory:
    """Of all jobs, by namespace and name.

    Attributes:
        jobs: those that were looked at.
        new: those that have no status, as the watch told of them.
        begun: those that were put off with a Workflow and no program.
        begun_at: when a Workflow was made last.
    """

    jobs: dict[tuple[str, str], JobMemory] = field(default_factory=dict)
    new: dict[tuple[str, str], Object] = field(default_factory=dict)
    begun: dict[tuple[str, str], Begun] = field(default_factory=dict)
    begun_at: datetime | None = None

    def news(self, job: Object, *, gone: bool) -> None:
        """Take what the watch tells of a job, which somebody else has made or changed."""
        meta = job["metadata"]
        key = (meta["namespace"], meta["name"])
        self.begun.pop(key, None)
        self.new.pop(key, None)
        if not (gone or job.get("status") or "deletionTimestamp" in meta):
            self.new[key] = job

    def of(self, namespace: str, name: str, uid: str) -> JobMemory:
        """Return what is remembered of a job; a job of the same name before it is forgotten."""
        known = self.jobs.get((namespace, name))
        if known is None or known.uid != uid:
            known = self.jobs[namespace, name] = JobMemory(uid)
        return known

    def ended(self, namespace: str, name: str, uid: str, version: str) -> None:
        """Forget all of a job but that it is over."""
        self.jobs[namespace, name] = JobMemory(uid, over=version)

    def forget(self, namespace: str, name: str) -> None:
        """Forget a job that is gone."""
        for kept in (self.jobs, self.new, self.begun):
            kept.pop((namespace, name), None)

    def of_namespace(self, namespace: str) -> set[tuple[str, str]]:
        """Return the namespaces and names of the jobs that are remembered; of all, if empty."""
        return {key for key in self.jobs if namespace in ("", key[0])}

    def is_over(self, meta: Mapping[str, Any]) -> bool:
        """Tell whether a job is as it was when it was found over, which needs no second look."""
        known = self.jobs.get((meta["namespace"], meta["name"]))
        return known is not None and known.over == meta["resourceVersion"]

    def is_echo(self, meta: Mapping[str, Any]) -> bool:
        """Tell whether a job is as the operator itself wrote it."""
        known = self.jobs.get((meta["namespace"], meta["name"]))
        return known is not None and known.written.get(JOBS.kind) == meta["resourceVersion"]

    def is_no_news(self, kind: str, meta: Mapping[str, Any]) -> bool:
        """Tell whether a Workflow or a pod is as the operator made it, or of a job that is over."""
        labels = meta["labels"]
        known = self.jobs.get((meta["namespace"], labels.get(names.JOB_LABEL, "")))
        if known is None or known.uid != labels.get(names.JOB_UID_LABEL):
            return False
        return bool(known.over) or known.written.get(kind) == meta["resourceVersion"]
