"""What reconciling may decide to do, as data; :mod:`sqlflow_operator.acting` does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pkg_argo.job import JobStatus

Strategy = Literal["Stop", "Terminate"]


@dataclass(frozen=True, slots=True)
class CreateConfigMap:
    """Make the ConfigMap with the planned program."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CreateWorkflow:
    """Make the Workflow, or adopt the one that an earlier try made."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PatchStatus:
    """Write the job's status, if nobody wrote to the job since it was read."""

    status: JobStatus


@dataclass(frozen=True, slots=True)
class Emit:
    """Say something where ``kubectl describe`` shows it.

    Attributes:
        about: a step, empty for the job; an Event of one reason is made once for each.
    """

    type: Literal["Normal", "Warning"]
    reason: str
    message: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Have Argo end the Workflow. Stop lets exit handlers run, of which a job has none."""

    workflow: str
    strategy: Strategy


@dataclass(frozen=True, slots=True)
class Suspend:
    """Have Argo start no further step, or go on."""

    workflow: str
    on: bool


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Kill what is left of a step; it has been asked to end before."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """Remove a job whose time after its end is over, and with it all that it owns."""


@dataclass(frozen=True, slots=True)
class Requeue:
    """Look again after so many seconds, though nothing may have happened."""

    seconds: float


Write = (
    CreateConfigMap
    | CreateWorkflow
    | PatchStatus
    | Emit
    | Shutdown
    | Suspend
    | DeletePod
    | DeleteJob
)
Action = Write | Requeue


def name_of(action: type[Write]) -> str:
    """Return what a write is called in fail points and metrics: ``create-workflow``."""
    words = action.__name__
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in words).lstrip("-")
