"""The local runner: :class:`~sqlflow_server.runners.protocol.Runner` on a state directory."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING

import structlog

from sqlflow.errors import JobNotFoundError
from sqlflow_server.runners.local import files, reading, store
from sqlflow_server.runners.local.guarding import Guard
from sqlflow_server.runners.local.reading import JobReader
from sqlflow_server.runners.local.watching import Watcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlflow.transcript.positions import Position
    from sqlflow.transcript.views import Page
    from sqlflow_server.runners.local.store import Limits
    from sqlflow_server.runners.protocol import JobQuery, JobSnapshot, Order, PageQuery

HOUSEKEEPING = 5.0
"""Seconds between two looks at all jobs, for supervisors that died and jobs that are old."""

_READERS = 512
"""Jobs whose descriptions are kept in memory, those read last."""

_log = structlog.get_logger(__name__)


class LocalRunner:
    """Keeps jobs in a directory and has each run by a supervisor.

    Args:
        root: the state directory.
        data_source: the DSN for orders that name none.
        limits: what each job is granted.
        ttl: seconds for which a job that is over is kept.
    """

    def __init__(self, root: Path, *, data_source: str, limits: Limits, ttl: float) -> None:
        self._store = store.Store(root)
        self._data_source = data_source
        self._limits = limits
        self._ttl = ttl
        self._readers: dict[str, JobReader] = {}
        self._lock = threading.Lock()
        self._leave_until: dict[str, float] = {}
        self._guard = Guard()
        self._watcher = Watcher()
        self._housekeeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look after all jobs, now and every few seconds."""
        self._housekeeper = asyncio.create_task(self._keep_looking())

    async def stop(self) -> None:
        """Leave the jobs to their supervisors."""
        if self._housekeeper is not None:
            self._housekeeper.cancel()
            await asyncio.gather(self._housekeeper, return_exceptions=True)
        self._guard.release()

    shared_files = True

    def id_of(self, text: str) -> str:
        """Return the id itself: its address is the server's own, which the server knows."""
        return text

    async def check(self, order: Order) -> None:
        """Take any order: there is nobody else to ask."""

    @property
    def draining(self) -> bool:
        """Whether no page waits any more."""
        return self._watcher.draining

    def drain(self) -> None:
        """Let no page wait any more."""
        self._watcher.drain()

    async def run(self, order: Order) -> JobSnapshot:
        """Make the job durable, start its supervisor."""
        return await asyncio.to_thread(self._run, order)

    def _run(self, order: Order) -> JobSnapshot:
        data_source = order.data_source or self._data_source
        job_id, new = self._store.create(order, data_source, self._limits)
        if new:
            _log.info("job created", job=job_id, steps=len(order.program.statements))
        return self._looked_after(self._reader(job_id))

    async def job(self, job_id: str) -> JobSnapshot:
        """Tell where a job is."""
        return await asyncio.to_thread(self._job, job_id)

    def _job(self, job_id: str) -> JobSnapshot:
        reader = self._reader(job_id)
        reader.renew_lease()
        return self._looked_after(reader)

    async def jobs(self, query: JobQuery) -> list[JobSnapshot]:
        """List jobs."""
        return await asyncio.to_thread(self._jobs, query)

    def _jobs(self, query: JobQuery) -> list[JobSnapshot]:
        found: list[JobSnapshot] = []
        for reader in sorted(self._all(self._store.ids()), key=_age, reverse=True):
            if query.before is None or _age(reader) < query.before:
                with contextlib.suppress(JobNotFoundError):
                    snapshot = reader.snapshot()
                    if snapshot.phase in query.phases:
                        found.append(snapshot)
            if len(found) == query.limit:
                break
        return found

    async def cancel(self, job_id: str, *, immediate: bool) -> JobSnapshot:
        """Set a latch, which the job's supervisor sees."""
        return await asyncio.to_thread(self._cancel, job_id, immediate=immediate)

    def _cancel(self, job_id: str, *, immediate: bool) -> JobSnapshot:
        reader = self._reader(job_id)
        if not reader.state().phase.final:
            latch = reader.directory.cancel_now if immediate else reader.directory.cancel
            with files.storage("the request to cancel"):
                latch.touch(mode=0o600)
        return self._looked_after(reader)

    async def page(self, job_id: str, query: PageQuery) -> tuple[Page, JobSnapshot]:
        """Return the page after a position; wait for it as long as there is nothing."""
        deadline = time.monotonic() + query.wait
        reader = await asyncio.to_thread(self._reader, job_id)
        position, before = query.position, None
        while True:
            marker = reader.marker(position)
            mark = marker()
            page, snapshot = await asyncio.to_thread(self._read, reader, query, position)
            left = deadline - time.monotonic()
            news = page.records or page.end or before not in (None, snapshot)
            if news or left <= 0 or self._watcher.draining:
                return page, snapshot
            if page.position == position:
                await self._watcher.wait(marker, mark, min(left, reader.lease_interval))
            position, before = page.position, snapshot

    def _read(
        self, reader: JobReader, query: PageQuery, position: Position
    ) -> tuple[Page, JobSnapshot]:
        reader.renew_lease()
        page, snapshot = reader.page(query, position)
        if not snapshot.phase.final:
            self._looked_after(reader)
        return page, snapshot

    def _reader(self, job_id: str) -> JobReader:
        directory = self._store.find(job_id)
        try:
            reader = self._readers.get(job_id)
            if reader is None or reader.identity != reading.identity(directory):
                reader = JobReader(directory)
        except FileNotFoundError:
            raise store.not_found(job_id) from None
        with self._lock:
            self._readers.pop(job_id, None)
            self._readers[job_id] = reader
            if len(self._readers) > _READERS:
                del self._readers[next(iter(self._readers))]
        return reader

    def _all(self, ids: Iterable[str]) -> Iterator[JobReader]:
        for job_id in ids:
            try:
                yield self._reader(job_id)
            except JobNotFoundError:
                self._readers.pop(job_id, None)
            except (OSError, ValueError, TypeError, KeyError):
                _log.exception("a job can't be read", job=job_id)

    def _looked_after(self, reader: JobReader) -> JobSnapshot:
        """Return the job as it is now, and see to its supervisor."""
        snapshot = reader.snapshot()
        if not snapshot.phase.final:
            self._guard.look_after(snapshot.id, reader.directory)
        return snapshot

    async def _keep_looking(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._keep_house)
            except Exception:  # noqa: BLE001 - the next look is not to depend on this one
                _log.exception("housekeeping failed; it will be tried again")
            await asyncio.sleep(HOUSEKEEPING)

    def _keep_house(self) -> None:
        self._store.remove_leftovers()
        self._guard.reap()
        now = time.time()
        ids = [i for i in self._store.ids() if self._leave_until.get(i, 0.0) < now]
        for reader in self._all(ids):
            with contextlib.suppress(JobNotFoundError):
                snapshot = self._looked_after(reader)
                if snapshot.phase.final:
                    self._leave_until[snapshot.id] = snapshot.finished + self._ttl
                    if snapshot.finished + self._ttl < now:
                        self._remove(snapshot.id)

    def _remove(self, job_id: str) -> None:
        self._store.remove(job_id)
        self._readers.pop(job_id, None)
        self._leave_until.pop(job_id, None)
        _log.info("old job removed", job=job_id)


def _age(reader: JobReader) -> tuple[float, str]:
    return reader.spec.created, reader.spec.id
