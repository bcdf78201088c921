"""Does what reconciling decided, one write after the other.

A fail point stands before and after each write, so tests can have the operator die there. What
was written is found again: names follow from the job, and a status is for one version of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from pkg_argo.kube import CONFIG_MAPS, EVENTS, JOBS, PODS, WORKFLOWS
from pkg_argo.kube_errors import AlreadyThereError, RefusedError
from sqlflow.errors import SQLFlowError, UnavailableError
from sqlflow_operator import announcing, obstacles, programs
from sqlflow_operator.actions import (
    CreateConfigMap,
    CreateWorkflow,
    DeleteJob,
    DeletePod,
    Emit,
    PatchStatus,
    Requeue,
    Shutdown,
    Suspend,
    name_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pkg_argo.job import SQLFlowJob
    from pkg_argo.kube import Kube, Object, Resource
    from sqlflow_operator.actions import Action, Write
    from sqlflow_operator.failpoints import FailPoints
    from sqlflow_operator.metrics import Metrics
    from sqlflow_operator.obstacles import Obstacle

_KILL: Final = 1  # second; 0 would only have the API server forget the pod, which goes on running
_NAMESPACE_GOES: Final = "NamespaceTerminating"

log = structlog.get_logger()


@dataclass(slots=True)
class Outcome:
    """What came of the actions.

    Attributes:
        written: by kind, the versions of what was written.
        workflow: the one that was made or adopted.
        obstacle: why none was.
        again: after how many seconds to look again.
    """

    written: dict[str, str]
    workflow: Object | None = None
    obstacle: Obstacle | None = None
    again: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Acts on the API server."""

    kube: Kube
    metrics: Metrics
    fail_points: FailPoints
    clock: Callable[[], datetime]

    async def perform(
        self, job: SQLFlowJob, actions: Sequence[Action], written: dict[str, str]
    ) -> Outcome:
        """Do the actions in turn; what fails ends it.

        Args:
            job: that they are for.
            actions: to be done.
            written: takes, by kind, the version of what is written, as soon as it is. When a watch
                tells of it, that is nothing new.

        Raises:
            ChangedError: somebody else wrote to the job since it was read.
            UnavailableError: the API server does not answer.
        """
        outcome = Outcome(written)
        for action in actions:
            if isinstance(action, Requeue):
                outcome.again = action.seconds
            elif outcome.obstacle is None:
                await self._guarded(action, job, outcome)
        return outcome

    async def _guarded(self, action: Write, job: SQLFlowJob, outcome: Outcome) -> None:
        name = name_of(type(action))
        self.fail_points.reach(f"before-{name}")
        await self._do(action, job, outcome)
        self.fail_points.reach(f"after-{name}")
        self.metrics.writes.labels(name).inc()

    async def _do(self, action: Write, job: SQLFlowJob, outcome: Outcome) -> None:
        namespace, name = job.metadata.namespace, job.metadata.name
        match action:
            case CreateConfigMap(body):
                await self._create(CONFIG_MAPS, body, job, outcome)
            case CreateWorkflow(body):
                outcome.workflow = await self._create(WORKFLOWS, body, job, outcome)
            case PatchStatus():
                await self._patch_status(action, job, outcome)
            case Emit():
                await self._emit(action, job)
            case Shutdown(workflow, strategy):
                log.info("workflow is ended", workflow=workflow, strategy=strategy)
                patch: dict[str, Any] = {"spec": {"shutdown": strategy}}
                await self.kube.patch(WORKFLOWS, namespace, workflow, patch)
            case Suspend(workflow, on):
                log.info("workflow is suspended" if on else "workflow goes on", workflow=workflow)
                # Argo takes the field's absence for false, and removes it itself at resume.
                patch = {"spec": {"suspend": on or None}}
                await self.kube.patch(WORKFLOWS, namespace, workflow, patch)
            case DeletePod(pod, uid):
                log.info("pod is killed", pod=pod)
                await self.kube.delete(PODS, namespace, pod, uid=uid, grace=_KILL)
            case DeleteJob():
                log.info("job is deleted, its time is over")
                await self.kube.delete(JOBS, namespace, name, uid=job.metadata.uid)

    async def _create(
        self, resource: Resource, body: Object, job: SQLFlowJob, outcome: Outcome
    ) -> Object | None:
        """Create an object, or take the one that is there if it is the job's own."""
        try:
            made = await self.kube.create(resource, body)
        except AlreadyThereError:
            return await self._adopt(resource, body["metadata"]["name"], job, outcome)
        except RefusedError as error:
            if _NAMESPACE_GOES not in error.causes:
                outcome.obstacle = obstacles.of_refusal(error)
            return None
        outcome.written[resource.kind] = made["metadata"]["resourceVersion"]
        log.info("made", kind=resource.kind, object=body["metadata"]["name"])
        return made

    async def _adopt(
        self, resource: Resource, name: str, job: SQLFlowJob, outcome: Outcome
    ) -> Object | None:
        found = await self.kube.get(resource, job.metadata.namespace, name)
        if found is None:
            raise UnavailableError(f"{resource.kind} {name} was there, and is gone")
        if not programs.belongs(found, job):
            outcome.obstacle = obstacles.of_name(resource.kind, name)
            return None
        log.info("adopted", kind=resource.kind, object=name)
        return found

    async def _patch_status(self, action: PatchStatus, job: SQLFlowJob, outcome: Outcome) -> None:
        status, meta = action.status, job.metadata
        patch = {
            "metadata": {"resourceVersion": meta.resource_version},
            # The phase always: a job that has no status yet is Pending to the model alone.
            "status": {"phase": status.phase, **status.patch_from(job.status)},
        }
        written = await self.kube.patch_status(JOBS, meta.namespace, meta.name, patch)
        log.info("status", phase=status.phase, reason=status.reason, progress=status.progress)
        if status.phase.final:
            self.metrics.ended.labels(status.phase, status.reason).inc()
        elif written:  # A job that is over is looked at once more: how long it stays.
            outcome.written[JOBS.kind] = written["metadata"]["resourceVersion"]

    async def _emit(self, action: Emit, job: SQLFlowJob) -> None:
        """Make an Event. It is a courtesy: the status says all that it says."""
        try:
            await self.kube.create(EVENTS, announcing.event(action, job, now=self.clock()))
        except AlreadyThereError:
            pass  # By an operator beside this one, or before it.
        except SQLFlowError as error:
            log.warning("no event was made", reason=action.reason, error=str(error))
