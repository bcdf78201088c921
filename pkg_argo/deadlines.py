"""Which of a job's deadlines has passed, and when the next one does. Pure.

Argo is not told of them, and could not hold them: it looks at a Workflow when something happens to
it, and nothing happens to one whose pod can't be scheduled. So the operator asks here at each
reconcile, and has itself woken at :func:`next_moment`.

==========================  ===========================================  ======================
deadline                    counted from                                 when it has passed
==========================  ===========================================  ======================
``activeDeadlineSeconds``   the first step's start                       the job is ended
``pendingDeadlineSeconds``  a step's turn, as long as its pod waits; at  the job is ended
                            first the Workflow's creation
``silence``                 the Workflow's creation, as long as Argo     the job is said to be
                            says nothing of it                           stalled
==========================  ===========================================  ======================
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pkg_argo import nodes, reasons
from pkg_argo.times import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkg_argo.job import JobSpec, JobStatus
    from pkg_argo.pods import Object

SILENCE: Final = 60
"""Seconds that Argo may take to look at a new Workflow where nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The deadlines in force, in seconds; None: none.

    Attributes:
        silence: how long Argo may say nothing of a Workflow; an administrator's alone.
    """

    active: int | None = None
    pending: int | None = None
    silence: int = SILENCE

    @classmethod
    def of(cls, spec: JobSpec, *, default: Limits) -> Limits:
        """Return those of a job, and the default's where it sets none."""
        return cls(
            active=spec.active_deadline_seconds or default.active,
            pending=spec.pending_deadline_seconds or default.pending,
            silence=default.silence,
        )


NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is due, and what is said then."""

    at: datetime
    finding: reasons.Finding


def passed(
    limits: Limits, workflow: Object | None, status: JobStatus, now: datetime
) -> reasons.Finding | None:
    """Return what passed first, if anything did; what ends a job goes before what stalls it."""
    due = [moment for moment in _moments(limits, workflow, status) if moment.at <= now]
    due.sort(key=lambda moment: (moment.finding.reason == reasons.NOT_RESPONDING, moment.at))
    return due[0].finding if due else None


def next_moment(
    limits: Limits, workflow: Object | None, status: JobStatus, now: datetime
) -> datetime | None:
    """Return when :func:`passed` gives another answer though nothing happens; None for never."""
    return min((m.at for m in _moments(limits, workflow, status) if m.at > now), default=None)


def _moments(limits: Limits, workflow: Object | None, status: JobStatus) -> Iterator[Moment]:
    if workflow is None:
        return
    phase = workflow.get("status", {}).get("phase", "")
    created = parsed(workflow["metadata"].get("creationTimestamp"))
    if phase in nodes.DONE or created is None:
        return
    if limits.active and status.started_at:
        what = f"The job ran for {limits.active} seconds, its activeDeadlineSeconds"
        finding = reasons.finding(reasons.DEADLINE, what)
        yield Moment(status.started_at + timedelta(seconds=limits.active), finding)
    if not phase:
        what = f"Argo has not looked at the Workflow for {limits.silence} seconds"
        finding = reasons.finding(reasons.NOT_RESPONDING, what)
        yield Moment(created + timedelta(seconds=limits.silence), finding)
    if limits.pending and not phase:
        yield _waited("The Workflow", created, limits.pending, "Argo has not looked at it")
    if limits.pending:
        yield from _steps_waited(limits.pending, workflow, status)


def _steps_waited(limit: int, workflow: Object, status: JobStatus) -> Iterator[Moment]:
    known = {step.id: step.message for step in status.steps}
    for step, node in nodes.read(workflow).items():
        since = parsed(node.started_at)
        if node.phase == "Pending" and since is not None:
            why = known.get(step) or node.message or "it did not start"
            yield _waited(f"The pod of {step}", since, limit, why)


def _waited(who: str, since: datetime, limit: int, why: str) -> Moment:
    what = f"{who} waited for {limit} seconds, the job's pendingDeadlineSeconds: {why}"
    finding = reasons.finding(reasons.PENDING_DEADLINE, what)
    return Moment(since + timedelta(seconds=limit), finding)
