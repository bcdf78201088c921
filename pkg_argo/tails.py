"""All tails of a server: one for each pod that somebody reads, whoever reads it.

A tail begins when it is first asked for, and what it read is kept until nobody has asked for it for
a time. Together the spools are bounded, also while they grow: past that goes what was not used for
longest, complete logs before those that are still read. What is dropped is read again when it is
asked for again, so dropping costs time and loses nothing that the node still has.

Few logs that are over are read at a time. All at once they would push each other out before
anybody has seen a page of them.
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
READS: Final = 4
"""Logs that are over and read at the same time: a node sends one as fast as we take it."""
_HOUSEKEEPING: Final = 5.0
_ASIDE: Final = 1.0
"""Seconds after which the readers of a log that was dropped half read have it read again."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Running:
    tail: Tail
    job: str
    step: str
    task: asyncio.Task[None]
    size: int = 0

    @property
    def worth(self) -> tuple[bool, float]:
        """What is to be kept rather has more of it."""
        return not self.tail.spool.complete, self.tail.used


class Tails:
    """Has each pod's log read once.

    Args:
        streams: where logs are read.
        look: returns a pod as it is now, by namespace and name; None when it is gone.
        grew: called with a job's uid when there is more of one of its logs.
        idle: seconds for which an unused spool is kept.
        budget: bytes of all spools together.
        reads: of logs that are over, at the same time.

    Attributes:
        size: bytes of all spools.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        look: Callable[[str, str], Object | None],
        grew: Callable[[str], None],
        idle: float = IDLE,
        budget: int = BUDGET,
        reads: int = READS,
    ) -> None:
        self.size = 0
        self._streams, self._look, self._grew = streams, look, grew
        self._idle, self._budget, self._turns = idle, budget, asyncio.Semaphore(reads)
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

    async def keep_house(self) -> None:
        """Drop what is not used, for good."""
        while True:
            await asyncio.sleep(_HOUSEKEEPING)
            self.tidy(time.monotonic())

    def tidy(self, now: float) -> None:
        """Drop what was not used for long."""
        for uid, running in list(self._running.items()):
            if now - running.tail.used > self._idle:
                self._drop(uid)

    async def close(self) -> None:
        """End all tails."""
        tasks = [running.task for running in self._running.values()]
        self._running.clear()
        self.size = 0
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
            grew=lambda: self._measure(uid, job),
            turns=self._turns,
        )
        task = asyncio.create_task(tail.run(), name=f"tail of {name}")
        task.add_done_callback(lambda done: self._failed(uid, done))
        running = self._running[uid] = _Running(tail, job, pods.step_id(pod), task)
        return running

    def _same(self, namespace: str, name: str, uid: str) -> Object | None:
        pod = self._look(namespace, name)
        return pod if pod is not None and pod["metadata"]["uid"] == uid else None

    def _measure(self, uid: str, job: str) -> None:
        """Take note that a log has grown."""
        if running := self._running.get(uid):
            grown = running.tail.spool.size - running.size
            running.size += grown
            self.size += grown
            self._keep_budget(uid)
        self._grew(job)

    def _keep_budget(self, growing: str) -> None:
        """Drop what is over the budget, of all but one that grows, and of those with a size."""
        while self.size > self._budget:
            others = [it for it in self._running.items() if it[0] != growing and it[1].size]
            if not others:
                return
            uid, running = min(others, key=lambda item: item[1].worth)
            self._drop(uid)
            if not running.tail.spool.complete:
                asyncio.get_running_loop().call_later(_ASIDE, self._grew, running.job)

    def _drop(self, uid: str) -> None:
        running = self._running.pop(uid)
        self.size -= running.size
        running.task.cancel()

    def _failed(self, uid: str, task: asyncio.Task[None]) -> None:
        """Forget a tail that failed, so that the next reader begins another."""
        if not task.cancelled() and (error := task.exception()):
            log.error("a tail has failed", tail=task.get_name(), exc_info=error)
            if uid in self._running:
                self._drop(uid)
