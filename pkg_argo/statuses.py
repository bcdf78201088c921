"""What has become of a job, derived from what is seen in the cluster. Pure.

::

    job (with the status written last) ─┐
    Workflow, pods, events about them  ─┼─► derive ─► status ─► settle ─► the status to write, or
    planned program, the time          ─┘                                 None: nothing to write

What is seen may be old, or partly gone. So a status only goes forward: a phase never back, a final
one never away, a start and an end are written once. Every observation may be derived from again, in
any order, by two operators at once, and the end is the same.

The phase of a job:

* Pending until its first step runs, Running from then on;
* Succeeded when Argo says so;
* after a shutdown, only when its pods are dead: Cancelled, or Failed if a deadline was the reason;
* Failed when Argo says so, or when the Workflow is gone without the job being over.

Nobody writes down why a Workflow was shut down: a deadline that has passed is in ``status.reason``
before it is acted upon (:data:`ENDINGS`), stays there, and a cancelled job says so in its spec.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pkg_argo import conditions, deadlines, nodes, reasons, steps
from pkg_argo import pods as pods_
from pkg_argo.conditions import Claim
from pkg_argo.deadlines import NO_LIMITS, Limits
from pkg_argo.job import Cancel, ConditionType, JobStatus, StepStatus, WorkflowRef
from pkg_argo.reasons import Finding
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pkg_argo.job import JobPhase, SQLFlowJob
    from pkg_argo.pods import Object
    from sqlflow.plan.program import Program

ENDINGS: Final[dict[str, JobPhase]] = {
    reasons.DEADLINE: Phase.FAILED,
    reasons.PENDING_DEADLINE: Phase.FAILED,
    reasons.LEASE: Phase.CANCELLED,
}
"""The reasons for which the operator ends a job itself, and what the job is called then."""
_RANK: Final = {Phase.PENDING: 0, Phase.RUNNING: 1}
_OVER: Final = frozenset({"Succeeded", "Failed", "Error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an operator sees of a job, beside the job.

    Attributes:
        workflow: None if there is none. If the job's status names one, it must have been asked
            for, not only be missing from a watch: a job whose Workflow is gone has failed.
        pods: those of the job.
        events: about the pods; needed only for those that wait.
        program: None as long as it is not planned; the steps are then those known before.
    """

    workflow: Object | None = None
    pods: Sequence[Object] = ()
    events: Sequence[Object] = ()
    program: Program | None = None


@dataclass(frozen=True, slots=True)
class _Verdict:
    phase: JobPhase
    finding: Finding = field(default_factory=lambda: Finding("", ""))


def derive(
    job: SQLFlowJob,
    seen: Seen,
    *,
    now: datetime,
    limits: Limits = NO_LIMITS,
    url: str = "",
    ending: Finding | None = None,
) -> JobStatus:
    """Return the job's status.

    Args:
        job: with the status written last.
        seen: of its Workflow and pods.
        now: the time.
        limits: the deadlines in force.
        url: of Argo's user interface, with ``{namespace}`` and ``{name}`` of the Workflow.
        ending: why the operator ends the job, one of :data:`ENDINGS`, if it found out elsewhere.
    """
    old = job.status
    if Phase(old.phase).final:
        return old
    due = deadlines.passed(limits, seen.workflow, started_at=old.started_at, now=now)
    ending = _ending(old) or ending or due
    current = _steps(old, seen, ending)
    begun = min((step.started_at for step in current if step.started_at), default=None)
    verdict = _verdict(job, seen, current, ending)
    if verdict.phase.final:
        failed = verdict.finding.reason == reasons.LOST
        current = [steps.closed(step, verdict.finding, lost=failed) for step in current]
    status = old.model_copy(
        update={
            **_fields(verdict, current),
            "observed_generation": max(old.observed_generation, job.metadata.generation),
            "workflow": _reference(seen.workflow, url) or old.workflow,
            "started_at": old.started_at or begun,
            "finished_at": now.replace(microsecond=0) if verdict.phase.final else None,
        }
    )
    return _with_conditions(job, status, now)


def refused(job: SQLFlowJob, finding: Finding, *, now: datetime) -> JobStatus:
    """Return the status of a job that can't be run, such as one whose program does not parse."""
    status = job.status.model_copy(
        update={
            "phase": Phase.FAILED,
            "reason": finding.reason,
            "message": finding.message,
            "observed_generation": job.metadata.generation,
            "finished_at": now.replace(microsecond=0),
        }
    )
    claims = [
        Claim(ConditionType.ACCEPTED, False, finding.reason, finding.message),
        Claim(ConditionType.WORKFLOW_CREATED, False, finding.reason),
        Claim(ConditionType.SUCCEEDED, False, finding.reason),
    ]
    return _claimed(job, status, claims, now)


def settle(old: JobStatus, new: JobStatus) -> JobStatus | None:
    """Return what to write, None if nothing of weight changed.

    Messages change without end (``Back-off pulling image …``, how many nodes are full); they are
    written along with a phase or a reason. So a job costs a write for each phase of a step, and
    few others.
    """
    if Phase(old.phase).final or _weight(old) == _weight(new):
        return None
    return new


def _weight(status: JobStatus) -> tuple[Any, ...]:
    return (
        status.phase,
        status.reason,
        status.observed_generation,
        status.workflow,
        status.progress,
        [(step.id, step.phase, step.reason, step.attempt) for step in status.steps],
        [(c.type, c.status, c.reason) for c in status.conditions],
    )


def _steps(old: JobStatus, seen: Seen, ending: Finding | None) -> list[StepStatus]:
    known = {step.id: step for step in old.steps}
    if seen.program:
        known = {
            s.id: known.get(s.id, StepStatus(id=s.id, kind=s.kind)) for s in seen.program.statements
        }
    found = nodes.read(seen.workflow) if seen.workflow else {}
    stop = ending if ending and ending.reason in ENDINGS else Finding(reasons.CANCELLED, "")
    return [
        steps.observe(
            step,
            found.get(step.id),
            [pod for pod in seen.pods if pods_.step_id(pod) == step.id],
            seen.events,
            stop=stop,
        )
        for step in known.values()
    ]


def _ending(status: JobStatus) -> Finding | None:
    return Finding(status.reason, status.message) if status.reason in ENDINGS else None


def _verdict(
    job: SQLFlowJob, seen: Seen, current: Sequence[StepStatus], ending: Finding | None
) -> _Verdict:
    if seen.workflow is None:
        return _without_workflow(job, seen, current)
    argo = seen.workflow.get("status", {})
    phase = argo.get("phase", "")
    if phase == "Succeeded":
        return _Verdict(Phase.SUCCEEDED)
    if phase not in _OVER:
        return _Verdict(_going(job, current), _trouble(job, seen, current, ending))
    if seen.workflow.get("spec", {}).get("shutdown"):
        return _shut_down(job, seen, current, ending)
    return _Verdict(Phase.FAILED, _failure(seen, current, str(argo.get("message") or "")))


def _without_workflow(job: SQLFlowJob, seen: Seen, current: Sequence[StepStatus]) -> _Verdict:
    if job.spec.cancel is not Cancel.NO:
        return _cancelled(job, seen, current)
    if job.status.workflow is None:
        return _Verdict(_going(job, current), _suspended(job) or Finding("", ""))
    what = f"The Workflow {job.status.workflow.name} was deleted before the job was over"
    return _Verdict(Phase.FAILED, reasons.finding(reasons.LOST, what))


def _shut_down(
    job: SQLFlowJob, seen: Seen, current: Sequence[StepStatus], ending: Finding | None
) -> _Verdict:
    if job.spec.cancel is not Cancel.NO or not ending or ending.reason not in ENDINGS:
        return _cancelled(job, seen, current)
    if _alive(seen.pods):
        return _Verdict(_going(job, current), ending)
    return _Verdict(ENDINGS[ending.reason], ending)


def _cancelled(job: SQLFlowJob, seen: Seen, current: Sequence[StepStatus]) -> _Verdict:
    if alive := _alive(seen.pods):
        what = f"Waits for the end of {', '.join(alive)}"
        return _Verdict(_going(job, current), Finding(reasons.CANCELLED, what))
    who = "spec.cancel" if job.spec.cancel is not Cancel.NO else "a shutdown of its Workflow"
    return _Verdict(Phase.CANCELLED, Finding(reasons.CANCELLED, f"The job was cancelled by {who}"))


def _alive(pods: Iterable[Object]) -> list[str]:
    return [pods_.name(pod) for pod in pods if not pods_.is_dead(pod)]


def _going(job: SQLFlowJob, current: Iterable[StepStatus]) -> JobPhase:
    begun = any(step.phase is not Phase.PENDING for step in current)
    return Phase.RUNNING if begun or job.status.phase is Phase.RUNNING else Phase.PENDING


def _trouble(
    job: SQLFlowJob, seen: Seen, current: Sequence[StepStatus], ending: Finding | None
) -> Finding:
    """Return why a job that is not over does not go on, or is about to end."""
    if ending:
        return ending
    step = next((s for s in current if s.reason and not s.phase.final), None)
    if step:
        return Finding(step.reason, _said_of(step, seen.program))
    return _suspended(job) or _postponed(seen) or Finding("", "")


def _suspended(job: SQLFlowJob) -> Finding | None:
    what = "No further step is started while spec.suspend is true"
    return Finding(reasons.SUSPENDED, what) if job.spec.suspend else None


def _postponed(seen: Seen) -> Finding | None:
    """Argo holds a Workflow back when too many run at once, and says so in its message."""
    argo = (seen.workflow or {}).get("status", {})
    if argo.get("phase") != "Pending" or not argo.get("message"):
        return None
    return Finding(reasons.POSTPONED, reasons.cut(str(argo["message"])))


def _failure(seen: Seen, current: Sequence[StepStatus], message: str) -> Finding:
    step = _failed(current)
    if step is None:
        return reasons.workflow_failure(message)
    reason = step.reason if step.reason in reasons.ADVICE else reasons.STEP_FAILED
    return Finding(reason, _said_of(step, seen.program))


def _failed(current: Iterable[StepStatus]) -> StepStatus | None:
    return next((step for step in current if step.phase is Phase.FAILED), None)


def _said_of(step: StepStatus, program: Program | None) -> str:
    """Return the step's message with its place in the program before it."""
    place = f"step {step.id}"
    if program:
        line = next((s.line for s in program.statements if s.id == step.id), 0)
        place += f", line {line}" if line else ""
    return reasons.cut(f"{place}: {step.message}" if step.message else place)


def _fields(verdict: _Verdict, current: Sequence[StepStatus]) -> dict[str, Any]:
    running = next((s for s in current if s.phase is Phase.RUNNING), None)
    shown = running or _failed(current)
    done = sum(step.phase is Phase.SUCCEEDED for step in current)
    return {
        "phase": verdict.phase,
        "reason": verdict.finding.reason,
        "message": verdict.finding.message,
        "steps": tuple(current),
        "progress": f"{done}/{len(current)}" if current else "",
        "step": shown.id if shown else "",
    }


def _reference(workflow: Object | None, url: str) -> WorkflowRef | None:
    if workflow is None:
        return None
    meta = workflow["metadata"]
    namespace, name = str(meta.get("namespace", "")), str(meta["name"])
    link = url.replace("{namespace}", namespace).replace("{name}", name)
    return WorkflowRef(name=name, uid=str(meta.get("uid", "")), url=link)


def _with_conditions(job: SQLFlowJob, status: JobStatus, now: datetime) -> JobStatus:
    phase, reason = Phase(status.phase), status.reason
    claims = []
    if status.steps:
        claims.append(Claim(ConditionType.ACCEPTED, True, "ProgramPlanned"))
    if status.workflow:
        claims.append(Claim(ConditionType.WORKFLOW_CREATED, True, "Created"))
    holds = phase is Phase.SUCCEEDED if phase.final else None
    claims.append(Claim(ConditionType.SUCCEEDED, holds, reason if holds is False else phase.value))
    stalled = not phase.final and reason in reasons.ADVICE
    text = status.message if stalled else ""
    claims.append(Claim(ConditionType.STALLED, stalled, reason if stalled else phase.value, text))
    return _claimed(job, status, claims, now)


def _claimed(
    job: SQLFlowJob, status: JobStatus, claims: Iterable[Claim], now: datetime
) -> JobStatus:
    generation = job.metadata.generation
    return status.model_copy(
        update={
            "conditions": conditions.updated(
                job.status.conditions, claims, generation=generation, now=now
            )
        }
    )
