"""What is seen of a job in the cluster at one moment, beside the job itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pkg_argo import pods
from pkg_argo.times import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pkg_argo.pods import Object
    from sqlflow.plan.program import Program

_OVER = frozenset({"Succeeded", "Failed", "Error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an operator sees of a job.

    Attributes:
        workflow: None if there is none. If the job's status names one, the API server must have
            been asked for it: that a watch misses it is not enough for a job to fail.
        pods: those of the job. For a job that is being ended they must be as the API server has
            them, too: it is over when none of them lives.
        events: about the pods; needed only for those that wait.
        program: None as long as it is not planned; the steps are then those known before.
    """

    workflow: Object | None = None
    pods: Sequence[Object] = ()
    events: Sequence[Object] = ()
    program: Program | None = None

    @property
    def argo(self) -> Mapping[str, Any]:
        """What Argo says of the Workflow; empty until it looked at it."""
        return (self.workflow or {}).get("status") or {}

    @property
    def over(self) -> bool:
        """Whether Argo is done with the Workflow. Its pods may still run."""
        return self.argo.get("phase") in _OVER

    @property
    def shut_down(self) -> bool:
        """Whether somebody asked Argo to end the Workflow."""
        return bool((self.workflow or {}).get("spec", {}).get("shutdown"))

    @property
    def shut_down_at(self) -> datetime | None:
        """When somebody asked for that; None if nobody did.

        The API server takes down who wrote a field when. Where that was taken away, Argo's word
        for when the Workflow was over has to do.
        """
        if not self.shut_down or self.workflow is None:
            return None
        managers = self.workflow["metadata"].get("managedFields") or ()
        wrote = [it for it in managers if "f:shutdown" in it.get("fieldsV1", {}).get("f:spec", {})]
        times = [parsed(it.get("time")) for it in wrote]
        at = max((time for time in times if time), default=None)
        return at or parsed(self.argo.get("finishedAt"))

    def pods_of(self, step: str) -> list[Object]:
        """Return the pods of a step, one an attempt."""
        return [pod for pod in self.pods if pods.step_id(pod) == step]

    def alive(self) -> list[str]:
        """Return the names of the pods in which a step runs or may yet run."""
        return [pods.name(pod) for pod in self.pods if not pods.is_dead(pod)]

    def place(self, step: str) -> str:
        """Return the step and where it is in the program."""
        statements = self.program.statements if self.program else ()
        line = next((s.line for s in statements if s.id == step), 0)
        return f"step {step}, line {line}" if line else f"step {step}"
