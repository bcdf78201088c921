"""The Kubernetes runner: :class:`~sqlflow_server.runners.protocol.Runner` on SQLFlowJobs."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from typing import TYPE_CHECKING, Final

import structlog

from pkg_argo import names, pods
from pkg_argo.job import Cancel
from pkg_argo.kube import JOBS, SECRETS
from pkg_argo.kube_errors import AlreadyThereError
from pkg_argo.tails import Tails
from sqlflow.errors import JobNotFoundError, UnavailableError
from sqlflow_server.runners.kubernetes import snapshots, submitting
from sqlflow_server.runners.kubernetes.bells import Bells
from sqlflow_server.runners.kubernetes.ears import Ears
from sqlflow_server.runners.kubernetes.leases import Leases
from sqlflow_server.runners.kubernetes.mirrors import Mirrors
from sqlflow_server.runners.kubernetes.outlines import Outlines

if TYPE_CHECKING:
    from pkg_argo.job import SQLFlowJob
    from pkg_argo.kube import Kube, Object
    from pkg_argo.streams import Streams
    from sqlflow.transcript.views import Page
    from sqlflow_server.runners.kubernetes.outlines import Outline
    from sqlflow_server.runners.protocol import (
        JobQuery,
        JobSnapshot,
        Order,
        PageQuery,
    )

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,50}[a-z0-9])?")
"""What a job may be called, so that no caller's text gets into a path of the API."""

_SYNC: Final = 30.0
"""Seconds in which the API server has to show what there is."""

log = structlog.get_logger(__name__)


class KubernetesRunner:
    """Keeps jobs as SQLFlowJobs of one namespace.

    Args:
        kube: the API server.
        streams: of the same.
        namespace: of the jobs.
        data_source: the DSN for orders that name none.
        url: of Workflows in Argo's user interface, with ``{namespace}`` and ``{name}``.
        holder: this replica's name.
    """

    shared_files = False

    def __init__(
        self,
        kube: Kube,
        streams: Streams,
        *,
        namespace: str,
        data_source: str,
        url: str,
        holder: str,
    ) -> None:
        self._kube, self._namespace = kube, namespace
        self._data_source, self._url = data_source, url
        self._bells = Bells()
        self._leases = Leases(kube, holder=holder)
        self._mirrors = Mirrors(
            *(kube, streams, namespace),
            job_changed=self._bells.ring,
            job_gone=self._forget,
            pod_changed=self._pod_changed,
        )
        self._tails = Tails(streams, look=self._mirrors.pod, grew=self._bells.ring)
        self._ears = Ears(kube, self._mirrors, self._tails)
        self._outlines = Outlines()
        self._work: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to mirror, and wait until all there is has been seen.

        Raises:
            UnavailableError: the API server does not show it.
        """
        self._work = [
            asyncio.create_task(self._mirrors.run(), name="mirrors"),
            asyncio.create_task(self._tails.keep_house(), name="housekeeping"),
        ]
        try:
            async with asyncio.timeout(_SYNC):
                await self._mirrors.synced()
        except TimeoutError:
            raise UnavailableError(
                f"the API server did not list the jobs of {self._namespace} in {_SYNC:g} s"
            ) from None

    async def stop(self) -> None:
        """Let go; jobs run on."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._tails.close()
        await self._leases.close()

    @property
    def draining(self) -> bool:
        """Whether no page waits any more."""
        return self._bells.draining

    def drain(self) -> None:
        """Let no page wait any more."""
        self._bells.drain()

    def id_of(self, text: str) -> str:
        """Return the id of the job whose Workflow an address of Argo's user interface shows."""
        if "/" not in text:
            return text
        workflow = text.partition("?")[0].rstrip("/").rpartition("/")[2]
        for job in self._mirrors.jobs():
            if names.workflow_name(job.metadata.name, job.metadata.uid) == workflow:
                return job.metadata.name
        return text

    async def check(self, order: Order) -> None:
        """Have the API server say whether it would take the job."""
        body = submitting.job(order, namespace=self._namespace)
        await self._kube.create(JOBS, body, dry_run=True)

    async def run(self, order: Order) -> JobSnapshot:
        """Make the SQLFlowJob, and the Secret that it owns."""
        data_source = order.data_source or self._data_source
        body = submitting.job(order, namespace=self._namespace)
        try:
            made = await self._kube.create(JOBS, body)
        except AlreadyThereError:
            made = await self._made_before(body)
        with contextlib.suppress(AlreadyThereError):  # By the request before this one.
            await self._kube.create(SECRETS, submitting.secret(made, data_source))
        log.info("job created", job=made["metadata"]["name"], steps=len(order.program.statements))
        job = self._mirrors.put_job(made)
        return self._told(job, self._outlines.put(job, order.program))

    async def _made_before(self, body: Object) -> Object:
        """Return the job of an earlier request with the same key."""
        name = body["metadata"]["name"]
        found = await self._kube.get(JOBS, self._namespace, name)
        if found is None:
            raise UnavailableError(f"job {name} was there, and is gone; try again")
        submitting.check_same(found, body)
        return found

    async def job(self, job_id: str) -> JobSnapshot:
        """Tell where a job is."""
        job = await self._find(job_id)
        self._leases.renew(job)
        return await self._snapshot(job)

    async def jobs(self, query: JobQuery) -> list[JobSnapshot]:
        """List jobs."""
        found = sorted(map(self._brief, self._mirrors.jobs()), key=_age, reverse=True)
        older = [it for it in found if query.before is None or _age(it) < query.before]
        return [it for it in older if it.phase in query.phases][: query.limit]

    async def cancel(self, job_id: str, *, immediate: bool) -> JobSnapshot:
        """Set the latch that the operator sees."""
        job = await self._find(job_id)
        if job.status.phase.final or (job.spec.cancel is Cancel.IMMEDIATE):
            return await self._snapshot(job)
        how = Cancel.IMMEDIATE if immediate else job.spec.cancel or Cancel.GRACEFUL
        patched = await self._kube.patch(
            JOBS, self._namespace, job_id, {"spec": {"cancel": how.value}}
        )
        if patched is None:
            raise _not_found(job_id)
        return await self._snapshot(self._mirrors.put_job(patched))

    async def page(self, job_id: str, query: PageQuery) -> tuple[Page, JobSnapshot]:
        """Return the page after a position; wait for it as long as there is nothing."""
        deadline = time.monotonic() + query.wait
        job, before = await self._find(job_id, query.incarnation), None
        uid, position = job.metadata.uid, query.position
        outline = await self._outlines.of(job)
        while True:
            strokes = self._bells.strokes(uid)
            job = self._known(job_id, uid)
            self._leases.renew(job)
            snapshot = self._told(job, outline)
            await self._ears.look_for_pod(job, snapshot, position)
            page = self._ears.page(snapshot, query, position)
            left = deadline - time.monotonic()
            if page.records or page.end or before not in (None, snapshot) or left <= 0:
                return page, snapshot
            if self._bells.draining:
                return page, snapshot
            if page.position == position:
                await self._bells.wait(uid, strokes, min(left, self._leases.pause(job)))
            position, before = page.position, snapshot

    async def _find(self, job_id: str, incarnation: str = "") -> SQLFlowJob:
        """Return a job; one that the mirror does not show is asked for."""
        if not _NAME.fullmatch(job_id):
            raise _not_found(job_id)
        job = self._mirrors.job(job_id)
        if job is None or (incarnation and job.metadata.uid != incarnation):
            found = await self._kube.get(JOBS, self._namespace, job_id)
            if found is None or incarnation not in ("", found["metadata"]["uid"]):
                raise _not_found(job_id)
            job = self._mirrors.put_job(found)
        return job

    def _known(self, job_id: str, uid: str) -> SQLFlowJob:
        job = self._mirrors.job(job_id)
        if job is None or job.metadata.uid != uid:
            raise _not_found(job_id)
        return job

    async def _snapshot(self, job: SQLFlowJob) -> JobSnapshot:
        return self._told(job, await self._outlines.of(job))

    def _told(self, job: SQLFlowJob, outline: Outline) -> JobSnapshot:
        return snapshots.snapshot(job, outline, url=snapshots.monitor_url(job, self._url))

    def _brief(self, job: SQLFlowJob) -> JobSnapshot:
        return snapshots.brief(job, url=snapshots.monitor_url(job, self._url))

    def _forget(self, uid: str) -> None:
        self._bells.forget(uid)
        self._leases.forget(uid)
        self._ears.forget(uid)
        self._outlines.forget(uid)

    def _pod_changed(self, pod: Object) -> None:
        self._tails.poke(pod)
        self._bells.ring(pods.job_uid(pod))


def _age(job: JobSnapshot) -> tuple[float, str]:
    return job.created, job.id


def _not_found(job_id: str) -> JobNotFoundError:
    shown = f" {job_id}" if _NAME.fullmatch(job_id) else ""
    return JobNotFoundError(f"there is no job{shown}")
