"""One running operator: its login, queue, sweep and metrics, from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from pkg_argo.deadlines import Limits
from pkg_argo.login import connect
from sqlflow.errors import SQLFlowError
from sqlflow_operator import liveness, logs, starting
from sqlflow_operator.acting import Actor
from sqlflow_operator.failpoints import FailPoints
from sqlflow_operator.looking import Key, Looker
from sqlflow_operator.memory import Memory
from sqlflow_operator.metrics import Metrics
from sqlflow_operator.queueing import Queue
from sqlflow_operator.reconciling import Policy
from sqlflow_operator.sweeping import sweep

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from pkg_argo.kube import Kube, Resource
    from pkg_argo.workflows import WorkflowSettings
    from sqlflow_operator.settings import Settings

log = structlog.get_logger()


@dataclass(slots=True)
class Operator:
    """What the handlers hand keys to."""

    settings: Settings
    kube: Kube
    queue: Queue[Key]
    memory: Memory
    closing: contextlib.AsyncExitStack
    watches: liveness.Watches = field(default_factory=liveness.Watches)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @classmethod
    async def start(cls, settings: Settings) -> Operator:
        """Log in, and begin to work.

        Raises:
            TemplateError: the administrator's templates make no Workflow that could run.
            LoginError: there is none.
            RefusedError: the operator may not list, or a type is not installed.
            RightsError: the operator may not watch.
            UnavailableError: the API server does not answer.
            ListenError: the port of metrics is taken.
        """
        logs.configure(settings.log_level, settings.log_format)
        workflow = starting.workflow_settings(settings)
        metrics, memory = Metrics(), Memory()
        async with contextlib.AsyncExitStack() as stack:
            kube = await stack.enter_async_context(connect())
            looker = Looker(
                kube=kube,
                actor=_actor(settings, kube, metrics),
                policy=_policy(settings, workflow),
                memory=memory,
                metrics=metrics,
            )
            queue = Queue(looker.look, workers=settings.workers)
            metrics.queued.set_function(lambda: len(queue))
            if settings.metrics_port:
                stop = metrics.serve(settings.metrics_address, settings.metrics_port)
                stack.callback(stop)
            operator = cls(settings, kube, queue, memory, stack)
            await operator._sweep()
            await starting.check(kube, settings, workflow)
            operator.closing = stack.pop_all()
        operator._begin(queue.run(), "queue")
        operator._begin(operator._resync(), "resync")
        log.info("started", namespaces=settings.namespaces or "all")
        return operator

    async def stop(self) -> None:
        """End at once: what is half done is found and finished by the next operator."""
        for task in self.tasks:
            task.remove_done_callback(_end_process)
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.closing.aclose()
        log.info("stopped")

    def heard(self, resource: Resource, meta: Mapping[str, Any]) -> None:
        """Take note that a watch lives."""
        namespace = meta["namespace"] if self.settings.namespaces else ""
        self.watches.heard((resource.plural, namespace), meta["resourceVersion"])

    def problems(self) -> list[str]:
        """Return what is wrong with this operator."""
        held = self.queue.longest_held()
        return liveness.problems(watches=self.watches, held=held, now=time.monotonic())

    async def _resync(self) -> None:
        """Put all jobs on the queue, again and again. A sweep that fails is left to the next."""
        while True:
            await asyncio.sleep(self.settings.resync)
            try:
                await self._sweep()
            except SQLFlowError as error:
                log.warning("sweep failed", error=str(error))

    async def _sweep(self) -> None:
        await sweep(
            self.kube,
            self.settings.namespaces,
            queue=self.queue,
            memory=self.memory,
            watches=self.watches,
        )

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_end_process)
        self.tasks.append(task)


def _policy(settings: Settings, workflow: WorkflowSettings) -> Policy:
    return Policy(
        workflow=workflow,
        limits=Limits(
            active=settings.active_deadline,
            pending=settings.pending_deadline,
            silence=settings.argo_silence,
        ),
        ttl=settings.ttl,
        stop_grace=settings.stop_grace,
        url=settings.workflow_url,
    )


def _actor(settings: Settings, kube: Kube, metrics: Metrics) -> Actor:
    fail_points = FailPoints(settings.fail_point)
    return Actor(kube=kube, metrics=metrics, fail_points=fail_points, clock=_now)


def _now() -> datetime:
    return datetime.now(UTC)


def _end_process(task: asyncio.Task[None]) -> None:
    """End the process with a task that it can't do without; Kubernetes starts it anew."""
    error = None if task.cancelled() else task.exception()
    log.error("a task has ended", task=task.get_name(), error=repr(error))
    signal.raise_signal(signal.SIGTERM)
