"""What has become of a job, derived from what is seen in the cluster. Pure.

::

    job, with the status written last ─┐
    Workflow, pods, events about them ─┼─► derive ─► status ─► settle ─► the status to write, or
    planned program, the time         ─┘                                 None: nothing to write

What is seen may be old, or partly gone. So a status only goes forward: a phase never back, a final
one never away, a start and an end are written once. Whoever derives from the same gets the same,
except for the times at which conditions changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pkg_argo import conditions, deadlines, losses, nodes, reasons, steps, verdicts
from pkg_argo.conditions import Claim
from pkg_argo.deadlines import NO_LIMITS, Limits
from pkg_argo.job import ConditionType, JobStatus, StepStatus, WorkflowRef
from pkg_argo.reasons import Finding
from pkg_argo.times import parsed
from pkg_argo.verdicts import ENDINGS
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pkg_argo.job import SQLFlowJob
    from pkg_argo.seen import Seen
    from pkg_argo.verdicts import Verdict


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
        ending: why the operator ends the job, one of :data:`~pkg_argo.verdicts.ENDINGS`, if that
            can't be seen from here, such as a lease that nobody renews.
    """
    old = job.status
    generation = max(old.observed_generation, job.metadata.generation)
    if old.phase.final:
        return old.model_copy(update={"observed_generation": generation})
    ending = _noted(old) or ending or losses.found(seen)
    current = _steps(old, seen, ending)
    started = [step.started_at for step in current if step.started_at]
    known = {"steps": tuple(current), "started_at": old.started_at or min(started, default=None)}
    # As of now: nothing tells of a deadline that had passed before the start was seen.
    status = old.model_copy(update=known)
    ending = ending or deadlines.passed(limits, seen.workflow, status, now)
    verdict = verdicts.judge(job, seen, current, ending)
    if verdict.phase.final:
        current = [steps.closed(step, verdict.phase, verdict.finding) for step in current]
    status = status.model_copy(
        update={
            **_summary(verdict, current),
            "observed_generation": generation,
            "workflow": _reference(seen, url) or old.workflow,
            "finished_at": _end(seen, current, now) if verdict.phase.final else None,
        }
    )
    return _claimed(job, status, _claims(status), now)


def refused(job: SQLFlowJob, finding: Finding, *, now: datetime) -> JobStatus:
    """Return the status of a job that can't be run, such as one whose program does not parse."""
    status = job.status.model_copy(
        update={
            "phase": Phase.FAILED,
            "reason": finding.reason,
            "message": finding.message,
            "observed_generation": job.metadata.generation,
            "steps": tuple(steps.closed(it, Phase.FAILED, finding) for it in job.status.steps),
            "finished_at": now.replace(microsecond=0),
        }
    )
    claims = [Claim(ConditionType.ACCEPTED, False, finding.reason, finding.message)]
    if job.status.workflow is None:
        claims.append(Claim(ConditionType.WORKFLOW_CREATED, False, finding.reason))
    claims += [
        Claim(ConditionType.SUCCEEDED, False, finding.reason),
        Claim(ConditionType.STALLED, False, finding.reason),
    ]
    return _claimed(job, status, claims, now)


def settle(old: JobStatus, new: JobStatus) -> JobStatus | None:
    """Return what to write, None if nothing of weight changed.

    Messages change without end (``Back-off pulling image …``, how many nodes are full); they are
    written along with a phase or a reason. So a job costs a write for each phase of a step, and
    few others.
    """
    return None if _weight(old) == _weight(new) else new


def _weight(status: JobStatus) -> tuple[Any, ...]:
    return (
        status.phase,
        status.reason,
        status.observed_generation,
        status.workflow,
        [(step.id, step.phase, step.reason, step.attempt) for step in status.steps],
        [(c.type, c.status, c.reason) for c in status.conditions],
    )


def _noted(old: JobStatus) -> Finding | None:
    """Return why the job is ended, if that was decided before."""
    return Finding(old.reason, old.message) if old.reason in ENDINGS else None


def _steps(old: JobStatus, seen: Seen, ending: Finding | None) -> list[StepStatus]:
    known = {step.id: step for step in old.steps}
    if seen.program:
        known = {
            s.id: known.get(s.id, StepStatus(id=s.id, kind=s.kind)) for s in seen.program.statements
        }
    found = nodes.read(seen.workflow) if seen.workflow else {}
    stop = None
    if seen.shut_down:
        stop = ending if ending and ending.reason in ENDINGS else Finding(reasons.CANCELLED, "")
    return [steps.observe(step, found.get(step.id), seen, stop) for step in known.values()]


def _summary(verdict: Verdict, current: Sequence[StepStatus]) -> dict[str, Any]:
    running = next((step for step in current if step.phase is Phase.RUNNING), None)
    shown = running or verdicts.failed(current)
    done = sum(step.phase is Phase.SUCCEEDED for step in current)
    return {
        "phase": verdict.phase,
        "reason": verdict.finding.reason,
        "message": verdict.finding.message,
        "steps": tuple(current),
        "progress": f"{done}/{len(current)}" if current else "",
        "step": shown.id if shown else "",
    }


def _reference(seen: Seen, url: str) -> WorkflowRef | None:
    if seen.workflow is None:
        return None
    meta = seen.workflow["metadata"]
    namespace, name = str(meta.get("namespace", "")), str(meta["name"])
    link = url.replace("{namespace}", namespace).replace("{name}", name)
    return WorkflowRef(name=name, uid=str(meta.get("uid", "")), url=link)


def _end(seen: Seen, current: Iterable[StepStatus], now: datetime) -> datetime:
    """Return when all was over: Argo's word for it, or the last program that outlived that."""
    times = [parsed(seen.argo.get("finishedAt")), *(step.finished_at for step in current)]
    return max((time for time in times if time), default=now.replace(microsecond=0))


def _claims(status: JobStatus) -> list[Claim]:
    phase, reason = status.phase, status.reason
    stalled = not phase.final and reason in reasons.ADVICE
    claims = []
    if status.steps:
        claims.append(Claim(ConditionType.ACCEPTED, True, "Planned"))
    if status.workflow:
        claims.append(Claim(ConditionType.WORKFLOW_CREATED, True, "Created"))
    claims += [
        Claim(
            ConditionType.SUCCEEDED,
            phase is Phase.SUCCEEDED if phase.final else None,
            reason if phase.final and reason else phase.value,
        ),
        Claim(
            ConditionType.STALLED,
            stalled,
            reason if stalled else phase.value,
            status.message if stalled else "",
        ),
    ]
    return claims


def _claimed(
    job: SQLFlowJob, status: JobStatus, claims: Iterable[Claim], now: datetime
) -> JobStatus:
    found = conditions.updated(
        job.status.conditions, claims, generation=job.metadata.generation, now=now
    )
    return status.model_copy(update={"conditions": found})
