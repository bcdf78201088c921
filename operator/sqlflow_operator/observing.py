"""Looks at all there is of a job: the job, its Workflow, pods, Events, program, its fetch lease.

It reads from the API server, not from what events told: an answer is as of now, so a Workflow that
is not found is not there. A job that is new is the exception: no more is read of it than whether it
has a program already. Were there a Workflow of it, the API server would take no second one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pkg_argo import names
from pkg_argo.job import Cancel, SQLFlowJob
from pkg_argo.kube import EVENTS, JOBS, PODS, WORKFLOWS
from pkg_argo.seen import Seen
from sqlflow.plan import Program
from sqlflow.wire.statuses import Phase
from sqlflow_operator import obstacles, programs, reading, waiting
from sqlflow_operator.obstacles import Obstacle
from sqlflow_operator.reconciling import Observation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pkg_argo.kube import Kube, Object
    from sqlflow_operator.memory import JobMemory, Memory


async def observe(
    kube: Kube, memory: Memory, namespace: str, name: str, *, now: datetime
) -> Observation | None:
    """Return what is seen of a job; None if it is gone, or going.

    Raises:
        UnavailableError: the API server does not answer.
    """
    if told := memory.new.pop((namespace, name), None):
        job = SQLFlowJob.from_dict(told)
        if new := await _new(kube, job):
            return new
    found = await kube.get(JOBS, namespace, name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        memory.forget(namespace, name)
        return None
    job = SQLFlowJob.from_dict(found)
    if job.status.phase.final:
        memory.ended(namespace, name, job.metadata.uid, job.metadata.resource_version)
        return Observation(job=job, seen=await _left(kube, job))
    known = memory.of(namespace, name, job.metadata.uid)
    observation = await _observe(kube, known, job, now)
    return replace(observation, lease=await reading.lease(kube, known, job, now))


async def _new(kube: Kube, job: SQLFlowJob) -> Observation | None:
    """See what a job needs that the watch has just told of; None if it is not new at all."""
    if job.spec.suspend or job.spec.cancel is not Cancel.NO:
        return None
    if await programs.recorded(kube, job) is not None:
        return None
    return await _unopened(kube, job, Seen())


async def _observe(kube: Kube, memory: JobMemory, job: SQLFlowJob, now: datetime) -> Observation:
    workflow = await _workflow(kube, job)
    if isinstance(workflow, Obstacle):
        return Observation(job=job, obstacle=workflow)
    if workflow is None and job.status.workflow is None:
        return await _before(kube, job)
    pods = await _pods(kube, job)
    seen = Seen(
        workflow=workflow,
        pods=pods,
        events=await _events(kube, memory, pods, now),
        program=await _outline(kube, memory, job),
    )
    if seen.program is None and _is_to_begin(job, seen):
        return await _unopened(kube, job, seen)
    return Observation(job=job, seen=seen)


async def _left(kube: Kube, job: SQLFlowJob) -> Seen:
    """See whether a job that ended without a Workflow has one.

    An operator beside this one made it, of what the job was before: it was not cancelled then.
    """
    if job.status.workflow is not None:
        return Seen()
    found = await _workflow(kube, job)
    return Seen() if isinstance(found, Obstacle) else Seen(workflow=found)


async def _workflow(kube: Kube, job: SQLFlowJob) -> Object | Obstacle | None:
    """Return the job's own Workflow, or what has its name."""
    name = names.workflow_name(job.metadata.name, job.metadata.uid)
    found = await kube.get(WORKFLOWS, job.metadata.namespace, name)
    if found is None:
        return None
    known = job.status.workflow
    if known is None:
        return found if programs.belongs(found, job) else obstacles.of_name("Workflow", name)
    return found if found["metadata"]["uid"] == known.uid else None


async def _before(kube: Kube, job: SQLFlowJob) -> Observation:
    """See what a job needs to get its Workflow."""
    if job.spec.suspend or job.spec.cancel is not Cancel.NO:
        return Observation(job=job)
    recorded = await programs.recorded(kube, job)
    if recorded is None:
        return await _unopened(kube, job, Seen())
    if isinstance(recorded, Program):
        recorded = obstacles.of_loss(names.workflow_name(job.metadata.name, job.metadata.uid))
    return Observation(job=job, obstacle=recorded)


async def _unopened(kube: Kube, job: SQLFlowJob, seen: Seen) -> Observation:
    """Plan the program, which is not recorded yet."""
    program = await programs.planned(kube, job)
    if isinstance(program, Obstacle):
        return Observation(job=job, seen=seen, obstacle=program, recorded=False)
    return Observation(job=job, seen=replace(seen, program=program), recorded=False)


def _is_to_begin(job: SQLFlowJob, seen: Seen) -> bool:
    """Whether no step has run, and some are to.

    If one has, somebody took the program away; it is not planned anew under steps that have run.
    """
    begun = any(step.phase is not Phase.PENDING for step in job.status.steps)
    ends = seen.over or seen.shut_down or job.spec.cancel is not Cancel.NO
    return seen.workflow is not None and not begun and not ends


async def _pods(kube: Kube, job: SQLFlowJob) -> Sequence[Object]:
    selector = f"{names.JOB_UID_LABEL}={job.metadata.uid}"
    return await kube.list(PODS, job.metadata.namespace, labels=selector)


async def _events(
    kube: Kube, memory: JobMemory, pods: Sequence[Object], now: datetime
) -> list[Object]:
    """Return the Events of pods that wait for long. Those of a pod are read once."""
    for pod in pods:
        due, meta = waiting.events_due(pod), pod["metadata"]
        if due and due <= now and meta["uid"] not in memory.events:
            memory.events[meta["uid"]] = await kube.list(
                EVENTS, meta["namespace"], fields=f"involvedObject.uid={meta['uid']}"
            )
    return [event for events in memory.events.values() for event in events]


async def _outline(kube: Kube, memory: JobMemory, job: SQLFlowJob) -> Program | None:
    if memory.outline is None:
        program = await programs.recorded(kube, job)
        if isinstance(program, Program):
            memory.outline = programs.outline(program)
    return memory.outline
