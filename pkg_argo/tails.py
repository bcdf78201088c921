"""All tails of a server: one for each pod that somebody reads, whoever reads it.

A tail begins when it is first asked for, and what it read is kept until nobody has asked for it for
a time. Together the spools are bounded: past that the one that was not used for longest goes. What
is dropped is read again when it is asked for again, so dropping costs time and loses nothing that
the node still has.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from pkg_argo import pods
from pkg_argo.spools import Spool
from pkg_argo.tailing import Tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from pkg_argo.pods import Object
    from pkg_argo.streams import Streams

IDLE: Final = 120.0
"""Seconds for which a spool is kept unused: more than a client waits between two pages."""
BUDGET: Final = 256 * 1024 * 1024
"""Bytes of all spools together."""
_HOUSEKEEPING: Final = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Running:
    tail: Tail
    job: str
    step: str
    task: asyncio.Task[None]


class Tails:
    """Has each pod's log read once.

    Args:
        streams: where logs are read.
        look: returns a pod as it is now, by namespace and name; None when it is gone.
        grew: called with a job's uid when there is more of one of its logs.
        idle: seconds for which an unused spool is kept.
        budget: bytes of all spools together.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        look: Callable[[str, str], Object | None],
        grew: Callable[[str], None],
        idle: float = IDLE,
        budget: int = BUDGET,
    ) -> None:
        self._streams, self._look, self._grew = streams, look, grew
        self._idle, self._budget = idle, budget
        self._running: dict[str, _Running] = {}

    def of(self, pod: Object) -> Tail:
        """Return the tail of a pod; it begins to read if it is new."""
        running = self._running.get(str(pod["metadata"]["uid"])) or self._begin(pod)
        running.tail.used = time.monotonic()
        return running.tail

    def kept(self, job: str, step: str) -> list[Tail]:
        """Return the tails that there are of a step, also of pods that are gone."""
        found = [it.tail for it in self._running.values() if (it.job, it.step) == (job, step)]
        for tail in found:
            tail.used = time.monotonic()
        return found

    def poke(self, pod: Object) -> None:
        """Take note that a pod has changed, or is gone."""
        if running := self._running.get(str(pod["metadata"]["uid"])):
            running.tail.poke()

    @property
    def size(self) -> int:
        """Bytes of all spools."""
        return sum(it.tail.spool.size for it in self._running.values())

    async def keep_house(self) -> None:
        """Drop what is not used, for good."""
        while True:
            await asyncio.sleep(_HOUSEKEEPING)
            self.tidy(time.monotonic())

    def tidy(self, now: float) -> None:
        """Drop what was not used for long, and what is over the budget."""
        size = self.size
        oldest_first = sorted(self._running.items(), key=lambda item: item[1].tail.used)
        for uid, running in oldest_first:
            if now - running.tail.used > self._idle or size > self._budget:
                size -= running.tail.spool.size
                del self._running[uid]
                running.task.cancel()

    async def close(self) -> None:
        """End all tails."""
        tasks = [running.task for running in self._running.values()]
        self._running.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, pod: Object) -> _Running:
        uid, job = str(pod["metadata"]["uid"]), pods.job_uid(pod)
        namespace, name = str(pod["metadata"]["namespace"]), pods.name(pod)
        tail = Tail(
            self._streams,
            pod,
            Spool(pods.attempt(pod), uid),
            look=lambda: self._same(namespace, name, uid),
            grew=lambda: self._grew(job),
        )
        task = asyncio.create_task(tail.run(), name=f"tail of {name}")
        task.add_done_callback(lambda done: self._failed(uid, done))
        running = self._running[uid] = _Running(tail, job, pods.step_id(pod), task)
        return running

    def _same(self, namespace: str, name: str, uid: str) -> Object | None:
        pod = self._look(namespace, name)
        return pod if pod is not None and pod["metadata"]["uid"] == uid else None

    def _failed(self, uid: str, task: asyncio.Task[None]) -> None:
        """Forget a tail that failed, so that the next reader begins another."""
        if not task.cancelled() and (error := task.exception()):
            log.error("a tail has failed", tail=task.get_name(), exc_info=error)
            self._running.pop(uid, None)
