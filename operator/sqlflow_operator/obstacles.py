"""What keeps a job from getting its Workflow: told in its status, and for good or for now.

What the user has to mend in the job itself is final, for a job does not change. All else may pass:
the ConfigMap may be applied after the job, an administrator may grant a right. Such a job waits,
for ``pendingDeadlineSeconds`` at most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pkg_argo import conditions, reasons, statuses
from pkg_argo.conditions import Claim
from pkg_argo.job import ConditionType
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from datetime import datetime

    from pkg_argo.job import JobStatus, SQLFlowJob
    from pkg_argo.kube_errors import RefusedError
    from pkg_argo.reasons import Finding
    from pkg_argo.templates import TemplateError
    from sqlflow.errors import ProgramError

RETRY: Final = 10.0
"""Seconds between looks at what may pass; no watch tells of its end."""
_INVALID: Final = frozenset({400, 413, 422})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a job can't begin, and whether it never will."""

    finding: Finding
    final: bool


def of_program(error: ProgramError) -> Obstacle:
    """The program can't be run as it is written; the error says where."""
    return Obstacle(reasons.finding("ProgramInvalid", str(error)), final=True)


def of_reference(what: str) -> Obstacle:
    """The program is not where the job says."""
    said = f"{what}. The job begins when it is there"
    return Obstacle(reasons.finding("ProgramNotFound", said), final=False)


def of_change() -> Obstacle:
    """The Workflow was made for a plan that is not the program's any more; nothing of it ran."""
    said = (
        "The program was changed, or is planned otherwise, since its Workflow was made."
        " No statement has run: make the job anew"
    )
    return Obstacle(reasons.finding("ProgramChanged", said), final=False)


def of_loss(name: str) -> Obstacle:
    """The program was given to a Workflow that is gone; the status does not know of it yet."""
    said = f"The Workflow {name} was deleted before the job was over"
    return Obstacle(reasons.finding(reasons.LOST, said), final=True)


def of_template(error: TemplateError) -> Obstacle:
    """A template of the administrator's is wrong; that is no fault of the job."""
    return Obstacle(reasons.finding("TemplateInvalid", str(error)), final=False)


def of_name(kind: str, name: str) -> Obstacle:
    """The name that follows from the job is taken by what is not the job's."""
    said = f"The {kind} {name} belongs to something else: delete it, and make the job anew"
    return Obstacle(reasons.finding("NameConflict", said), final=True)


def of_refusal(error: RefusedError) -> Obstacle:
    """The API server refuses what is made for the job."""
    if error.status in _INVALID:
        return Obstacle(reasons.finding("WorkflowInvalid", str(error)), final=True)
    known = reasons.known([error.detail])
    return Obstacle(known or reasons.finding("WorkflowForbidden", str(error)), final=False)


def aged(obstacle: Obstacle, job: SQLFlowJob, limit: int | None, now: datetime) -> Obstacle:
    """Return the obstacle as it is by now: final if the job has waited for too long."""
    created = job.metadata.creation_timestamp
    if limit is None or created is None or created + timedelta(seconds=limit) > now:
        return obstacle
    return replace(obstacle, final=True)


def status(job: SQLFlowJob, obstacle: Obstacle, *, now: datetime) -> JobStatus:
    """Return the job's status."""
    finding = obstacle.finding
    if obstacle.final:
        return statuses.refused(job, finding, now=now)
    not_created = Claim(ConditionType.WORKFLOW_CREATED, False, finding.reason)
    claims = [] if job.status.workflow else [not_created]
    claims += [
        Claim(ConditionType.SUCCEEDED, None, Phase.PENDING.value),
        Claim(ConditionType.STALLED, True, finding.reason, finding.message),
    ]
    generation = job.metadata.generation
    return job.status.model_copy(
        update={
            "reason": finding.reason,
            "message": finding.message,
            "observed_generation": generation,
            "conditions": conditions.updated(
                job.status.conditions, claims, generation=generation, now=now
            ),
        }
    )
