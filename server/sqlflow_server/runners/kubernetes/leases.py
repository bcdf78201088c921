"""Writes down for the operator that somebody reads a job; see :mod:`pkg_argo.leases`.

A lease is a Lease object with the job's name, owned by the job. It is renewed when the job is read,
and written at most once in a third of its length, by whichever replica is read from: before a write
a replica looks whether another has written.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from pkg_argo import leases, names
from pkg_argo.kube import LEASES
from pkg_argo.kube_errors import AlreadyThereError
from sqlflow.errors import SQLFlowError
from sqlflow_server.runners.kubernetes import submitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from pkg_argo.job import SQLFlowJob
    from pkg_argo.kube import Kube, Object

_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"

log = structlog.get_logger(__name__)


class Leases:
    """Renews leases, beside the calls that renew them: no call waits for it.

    Args:
        kube: where they are kept.
        holder: this replica, for people to see.
        clock: seconds since the epoch.
    """

    def __init__(self, kube: Kube, *, holder: str, clock: Callable[[], float] = time.time) -> None:
        self._kube, self._holder, self._clock = kube, holder, clock
        self._due: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def renew(self, job: SQLFlowJob) -> None:
        """Take note that a job was read."""
        seconds, uid, now = job.spec.fetch_lease_seconds, job.metadata.uid, self._clock()
        if seconds is None or job.status.phase.final or now < self._due.get(uid, 0.0):
            return
        self._due[uid] = now + leases.interval(seconds)
        task = asyncio.create_task(self._renew(job, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def pause(self, job: SQLFlowJob) -> float:
        """Return how long a reader may wait before its job is to be renewed again."""
        seconds = job.spec.fetch_lease_seconds
        return math.inf if seconds is None else leases.interval(seconds)

    def forget(self, uid: str) -> None:
        """Forget a job that is gone."""
        self._due.pop(uid, None)

    async def close(self) -> None:
        """Finish what was begun."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _renew(self, job: SQLFlowJob, seconds: int) -> None:
        uid = job.metadata.uid
        try:
            last = await self._written(job, seconds)
            self._due[uid] = last + leases.interval(seconds)
        except SQLFlowError as error:
            self._due.pop(uid, None)  # The next call tries again.
            log.warning("a lease was not renewed", job=job.metadata.name, error=str(error))

    async def _written(self, job: SQLFlowJob, seconds: int) -> float:
        """Return when the lease was renewed last, by this replica or by another."""
        now, meta = self._clock(), job.metadata
        found = await self._kube.get(LEASES, meta.namespace, meta.name)
        last = leases.renewed(found, job)
        if last is not None and now < last.timestamp() + leases.interval(seconds):
            return last.timestamp()
        spec = {
            "holderIdentity": self._holder,
            "leaseDurationSeconds": seconds,
            "renewTime": datetime.fromtimestamp(now, UTC).strftime(_TIME),
        }
        if last is not None:
            await self._kube.patch(LEASES, meta.namespace, meta.name, {"spec": spec})
        else:
            await self._create(job, spec)
        return now

    async def _create(self, job: SQLFlowJob, spec: Object) -> None:
        body = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {
                "name": job.metadata.name,
                "namespace": job.metadata.namespace,
                "labels": names.labels(job.metadata.name, job.metadata.uid),
                "ownerReferences": [submitting.owner(job.to_dict())],
            },
            "spec": spec,
        }
        # By another replica, just now; or it is that of a job before, and about to go with it.
        with contextlib.suppress(AlreadyThereError):
            await self._kube.create(LEASES, body)
