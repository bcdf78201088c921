"""What is to be done for a job, given all that is seen of it. Pure: no clock, no cluster.

::

    the job is over          ─► delete it once its time is over; end a Workflow that came too late
    something is in the way  ─► say so; the job has failed, or is looked at again
    no Workflow              ─► make it, unless there ever was one, or none is wanted
    a Workflow, no program   ─► make the ConfigMap with its program
    nobody reads the job     ─► end it, if it was to end then
    a Workflow               ─► write what has become of it; end, suspend or resume it as the job
                                asks; kill pods that outlive its end

A Workflow is made by one rule only, :func:`_may_create`. It holds whoever asks, and however often:
the name follows from the job's uid, so the API server takes one Workflow and refuses the second.

The ConfigMap comes last, since each step's pod mounts it: before it is there no statement runs, and
a Workflow that somebody deletes may be made again; from then on there is never another. See ADR 8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pkg_argo import deadlines, pods, reasons, statuses, workflows
from pkg_argo.deadlines import Limits
from pkg_argo.job import Cancel
from pkg_argo.seen import Seen
from pkg_argo.templates import TemplateError
from pkg_argo.verdicts import ENDINGS
from sqlflow.errors import ProgramError
from sqlflow_operator import announcing, obstacles, waiting
from sqlflow_operator.actions import (
    Action,
    CreateConfigMap,
    CreateWorkflow,
    DeleteJob,
    DeletePod,
    PatchStatus,
    Requeue,
    Shutdown,
    Suspend,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkg_argo.job import JobStatus, SQLFlowJob
    from pkg_argo.reasons import Finding
    from pkg_argo.workflows import WorkflowSettings
    from sqlflow_operator.actions import Strategy
    from sqlflow_operator.obstacles import Obstacle
    from sqlflow_operator.reading import Lease

IMMEDIATE_GRACE: Final = 5.0
"""Seconds between SIGTERM and SIGKILL where a job is cancelled immediately."""
_STOPPING: Final = 5.0
_KILLED: Final = 1
_SOON: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator's settings decide for all jobs.

    Attributes:
        workflow: how Workflows are built.
        limits: deadlines of jobs that set none.
        ttl: seconds that a job stays after its end if it does not say; None: for good.
        stop_grace: seconds between SIGTERM and SIGKILL.
        url: of a Workflow, for people.
    """

    workflow: WorkflowSettings
    limits: Limits = deadlines.NO_LIMITS
    ttl: int | None = None
    stop_grace: float = 30.0
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is seen of a job.

    Attributes:
        job: as the API server has it now.
        seen: its Workflow, pods, their Events, its program.
        obstacle: why there is no program, or no Workflow.
        recorded: whether the program is in its ConfigMap; until then, no step can run.
        lease: the job's fetch lease, if it has one and is not being ended.
    """

    job: SQLFlowJob
    seen: Seen = field(default_factory=Seen)
    obstacle: Obstacle | None = None
    recorded: bool = True
    lease: Lease | None = None

    @property
    def ends(self) -> bool:
        """Whether the job is to be ended for a reason that needs no Workflow."""
        unread = self.lease is not None and self.lease.over
        return unread or self.job.spec.cancel is not Cancel.NO


def reconcile(observation: Observation, *, now: datetime, policy: Policy) -> list[Action]:
    """Return what is to be done, in this order. What fails ends it: the rest is decided anew."""
    job, seen = observation.job, observation.seen
    if job.status.phase.final:
        return [*_shut_down(seen, "Terminate"), *_after_the_end(job, now, policy)]
    if observation.obstacle and not observation.ends:
        return list(_blocked(observation, observation.obstacle, now, policy))
    if seen.workflow is None and _may_create(observation):
        return list(_begin(observation, now, policy))
    return list(_go_on(observation, now, policy))


def _after_the_end(job: SQLFlowJob, now: datetime, policy: Policy) -> Iterator[Action]:
    yield from _write(job, statuses.derive(job, Seen(), now=now))
    ttl = job.spec.ttl_seconds_after_finished
    ttl = policy.ttl if ttl is None else ttl
    if ttl is None or job.status.finished_at is None:
        return
    left = (job.status.finished_at + timedelta(seconds=ttl) - now).total_seconds()
    yield Requeue(left) if left > 0 else DeleteJob()


def _blocked(
    observation: Observation, obstacle: Obstacle, now: datetime, policy: Policy
) -> Iterator[Action]:
    job = observation.job
    limits = Limits.of(job.spec, default=policy.limits)
    obstacle = obstacles.aged(obstacle, job, limits.pending, now)
    if obstacle.final:  # Its pods would wait for good, and nobody looks at a job that is over.
        yield from _shut_down(observation.seen, "Terminate")
    yield from _write(job, obstacles.status(job, obstacle, now=now))
    if not obstacle.final:
        yield Requeue(obstacles.RETRY)


def _may_create(observation: Observation) -> bool:
    """Whether the job has yet to get its Workflow: none could run so far, and it wants one."""
    job = observation.job
    return job.status.workflow is None and not observation.ends and not job.spec.suspend


def _begin(observation: Observation, now: datetime, policy: Policy) -> Iterator[Action]:
    job, program = observation.job, observation.seen.program
    assert program is not None, "without a program there is an obstacle"
    try:
        yield CreateWorkflow(workflows.build(job, program, policy.workflow))
    except ProgramError as error:
        yield from _blocked(observation, obstacles.of_program(error), now, policy)
    except TemplateError as error:
        yield from _blocked(observation, obstacles.of_template(error), now, policy)


def _go_on(observation: Observation, now: datetime, policy: Policy) -> Iterator[Action]:
    job, seen = observation.job, observation.seen
    limits = Limits.of(job.spec, default=policy.limits)
    ending = _unread(observation)
    status = statuses.derive(job, seen, now=now, limits=limits, url=policy.url, ending=ending)
    if _is_to_open(observation, status):
        assert seen.workflow is not None
        assert seen.program is not None
        if not workflows.fits(seen.workflow, seen.program):
            yield from _blocked(observation, obstacles.of_change(), now, policy)
            return
        yield CreateConfigMap(workflows.config_map(job, seen.program))
    yield from _write(job, status)
    if status.phase.final:
        yield from _after_the_end(job.model_copy(update={"status": status}), now, policy)
        return
    yield from _steer(job, status, seen)
    yield from _kill(observation, now, policy)
    if wait := _next_look(observation, status, limits, now, policy):
        yield Requeue(wait)


def _unread(observation: Observation) -> Finding | None:
    """Return why the job ends if nobody has read it for as long as its lease is."""
    if observation.lease is None or not observation.lease.over:
        return None
    seconds = observation.job.spec.fetch_lease_seconds
    what = f"Nobody has read the job for {seconds} seconds, its fetchLeaseSeconds"
    return reasons.finding(reasons.LEASE, what)


def _is_to_open(observation: Observation, status: JobStatus) -> bool:
    """Whether the Workflow's steps are to be given their program."""
    job, seen = observation.job, observation.seen
    ends = status.phase.final or seen.shut_down or _strategy(job, status) is not None
    return seen.workflow is not None and not observation.recorded and not ends


def _write(job: SQLFlowJob, status: JobStatus) -> Iterator[Action]:
    changed = statuses.settle(job.status, status)
    if changed:
        yield PatchStatus(changed)
        yield from announcing.between(job.status, changed)


def _steer(job: SQLFlowJob, status: JobStatus, seen: Seen) -> Iterator[Action]:
    """Have Argo do what the job asks for by now."""
    if seen.workflow is None or seen.over:
        return
    name, spec = str(seen.workflow["metadata"]["name"]), seen.workflow.get("spec", {})
    if wanted := _strategy(job, status):
        yield from _shut_down(seen, wanted)
    elif not seen.shut_down and bool(spec.get("suspend")) != job.spec.suspend:
        yield Suspend(name, job.spec.suspend)


def _shut_down(seen: Seen, wanted: Strategy) -> Iterator[Action]:
    if seen.workflow is None or seen.over:
        return
    if seen.workflow.get("spec", {}).get("shutdown") not in (wanted, "Terminate"):
        yield Shutdown(str(seen.workflow["metadata"]["name"]), wanted)


def _strategy(job: SQLFlowJob, status: JobStatus) -> Strategy | None:
    """How the job's Workflow is to be ended, if it is."""
    if job.spec.cancel is Cancel.IMMEDIATE:
        return "Terminate"
    return "Stop" if job.spec.cancel is Cancel.GRACEFUL or status.reason in ENDINGS else None


def _kill(observation: Observation, now: datetime, policy: Policy) -> Iterator[Action]:
    """Delete the pods that are alive though they were asked to end long ago."""
    killing = _killing_at(observation, policy)
    if killing is None or killing > now:
        return
    for pod in observation.seen.pods:
        meta = pod["metadata"]
        going = meta.get("deletionTimestamp") and meta.get("deletionGracePeriodSeconds", 0)
        if not pods.is_dead(pod) and (not going or going > _KILLED):
            yield DeletePod(str(meta["name"]), str(meta["uid"]))


def _killing_at(observation: Observation, policy: Policy) -> datetime | None:
    since = observation.seen.shut_down_at
    if since is None:
        return None
    immediate = observation.job.spec.cancel is Cancel.IMMEDIATE
    grace = min(IMMEDIATE_GRACE, policy.stop_grace) if immediate else policy.stop_grace
    return since + timedelta(seconds=grace)


def _next_look(
    observation: Observation, status: JobStatus, limits: Limits, now: datetime, policy: Policy
) -> float | None:
    """Return after how many seconds there is something to do though nothing happens."""
    seen = observation.seen
    moments = [
        deadlines.next_moment(limits, seen.workflow, status, now),
        _killing_at(observation, policy),
        *map(waiting.events_due, seen.pods),
    ]
    waits = [(at - now).total_seconds() for at in moments if at and at > now]
    if observation.lease and not observation.lease.over:
        waits.append(max((observation.lease.until - now).total_seconds(), _SOON))
    if seen.shut_down:
        waits.append(_STOPPING)
    return min(waits, default=None)
