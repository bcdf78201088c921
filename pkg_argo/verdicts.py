"""The phase of a job, and why it is in it. Pure.

* Pending until its first step runs, Running from then on;
* Succeeded when Argo says so;
* after a shutdown, only when its pods are dead: Cancelled, or Failed if a deadline was the reason;
* Failed when Argo says so, or when the Workflow is gone though the job was not over.

Nothing in the Workflow says why it was shut down. A cancelled job says so in its spec; a deadline
that has passed is in the job's status before it is acted upon, and stays there (:data:`ENDINGS`).
A Workflow that was shut down for neither, with Argo's own tools, is a cancelled job as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pkg_argo import reasons
from pkg_argo.job import Cancel
from pkg_argo.reasons import NOTHING, Finding
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pkg_argo.job import JobPhase, SQLFlowJob, StepStatus
    from pkg_argo.seen import Seen

ENDINGS: Final[dict[str, JobPhase]] = {
    reasons.DEADLINE: Phase.FAILED,
    reasons.PENDING_DEADLINE: Phase.FAILED,
    reasons.STEP_LOST: Phase.FAILED,
    reasons.LEASE: Phase.CANCELLED,
}
"""The reasons for which the operator itself ends a job, and what the job is called then."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The phase and its cause; :data:`~pkg_argo.reasons.NOTHING` if all goes well."""

    phase: JobPhase
    finding: Finding = NOTHING


def judge(
    job: SQLFlowJob, seen: Seen, steps: Sequence[StepStatus], ending: Finding | None
) -> Verdict:
    """Tell how a job is that was not over so far.

    Args:
        job: with the status written last.
        seen: of it in the cluster.
        steps: as they are now.
        ending: why the operator ends the job, or what it waits for; None for neither.
    """
    if seen.workflow is None:
        return _without_workflow(job, seen, steps, ending)
    if not seen.over:
        return Verdict(_going(job, steps), _trouble(job, seen, steps, ending))
    if seen.argo["phase"] == "Succeeded":
        return Verdict(Phase.SUCCEEDED)
    if seen.shut_down:
        return _shut_down(job, seen, steps, ending)
    return Verdict(Phase.FAILED, _failure(seen, steps))


def _without_workflow(
    job: SQLFlowJob, seen: Seen, steps: Sequence[StepStatus], ending: Finding | None
) -> Verdict:
    if job.spec.cancel is not Cancel.NO:
        return _cancelled(job, seen, steps)
    if job.status.workflow is None and ending:
        return Verdict(ENDINGS[ending.reason], ending)
    if job.status.workflow is None:
        return Verdict(_going(job, steps), _suspended(job) or NOTHING)
    what = f"The Workflow {job.status.workflow.name} was deleted before the job was over"
    return Verdict(Phase.FAILED, reasons.finding(reasons.LOST, what))


def _shut_down(
    job: SQLFlowJob, seen: Seen, steps: Sequence[StepStatus], ending: Finding | None
) -> Verdict:
    if job.spec.cancel is not Cancel.NO or not ending:
        return _cancelled(job, seen, steps)
    if seen.alive():
        return Verdict(_going(job, steps), ending)
    if ending.reason == reasons.STEP_LOST and (step := failed(steps)):
        return Verdict(Phase.FAILED, _of(step, seen, _reason(step)))
    return Verdict(ENDINGS[ending.reason], ending)


def _cancelled(job: SQLFlowJob, seen: Seen, steps: Sequence[StepStatus]) -> Verdict:
    if seen.alive():
        return Verdict(_going(job, steps), _stopping(seen))
    by = "" if job.spec.cancel is not Cancel.NO else " by a shutdown of its Workflow"
    return Verdict(Phase.CANCELLED, Finding(reasons.CANCELLED, f"The job was cancelled{by}"))


def _stopping(seen: Seen) -> Finding:
    what = f"The job is being cancelled; waits for the end of {', '.join(seen.alive())}"
    return Finding(reasons.CANCELLED, reasons.cut(what))


def _going(job: SQLFlowJob, steps: Iterable[StepStatus]) -> JobPhase:
    begun = any(step.phase is not Phase.PENDING for step in steps)
    return Phase.RUNNING if begun else job.status.phase


def _trouble(
    job: SQLFlowJob, seen: Seen, steps: Sequence[StepStatus], ending: Finding | None
) -> Finding:
    """Return why a job that is not over does not go on, or is about to end."""
    if ending:
        return ending
    step = next((s for s in steps if s.reason and not s.phase.final), None)
    if step and step.reason == reasons.CANCELLED:  # Argo may call the Workflow over only later.
        return _stopping(seen)
    if step:
        return _of(step, seen, step.reason)
    return _suspended(job) or _postponed(seen) or NOTHING


def _suspended(job: SQLFlowJob) -> Finding | None:
    what = "No further step is started while spec.suspend is true"
    return Finding(reasons.SUSPENDED, what) if job.spec.suspend else None


def _postponed(seen: Seen) -> Finding | None:
    """Argo holds a Workflow back when too many run at once, and says so in its message."""
    message = str(seen.argo.get("message") or "")
    if seen.argo.get("phase") != "Pending" or not message:
        return None
    return Finding(reasons.POSTPONED, reasons.cut(message))


def _failure(seen: Seen, steps: Iterable[StepStatus]) -> Finding:
    step = failed(steps)
    if step is None:
        return reasons.workflow_failure(str(seen.argo.get("message") or ""))
    return _of(step, seen, _reason(step))


def _reason(step: StepStatus) -> str:
    """Return what the job's failure is called for a step's: not all that a step calls its own."""
    return step.reason if step.reason in reasons.ADVICE else reasons.STEP_FAILED


def failed(steps: Iterable[StepStatus]) -> StepStatus | None:
    """Return the first step that failed."""
    return next((step for step in steps if step.phase is Phase.FAILED), None)


def _of(step: StepStatus, seen: Seen, reason: str) -> Finding:
    """Return a step's trouble as the job's: the message names the step and its line."""
    place = seen.place(step.id)
    return Finding(reason, f"{place}: {step.message}" if step.message else place)
