"""A queue of keys: what has to be looked at, when, and by one worker at a time.

A key says where to look, never what happened there; so a key that is added twice is looked at once,
and an event that comes while a worker has the key is not lost: the key is given out again.

:class:`Schedule` is all of the logic, with the time as an argument. :class:`Queue` gives it a
clock, and workers.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

K = TypeVar("K")

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 300.0
_EXPONENT: Final = 10  # from where on a delay is the longest anyway
_SPARE: Final = 64


class Schedule(Generic[K]):
    """Which keys are due when, which are held by a worker, and which have failed how often."""

    def __init__(self) -> None:
        self._due: dict[K, float] = {}
        self._held: dict[K, float] = {}
        self._failures: dict[K, int] = {}
        # Holds each key of `_due` that no worker has, and entries that no longer hold, since a key
        # was moved forward; these are swept out when they are more than half.
        self._heap: list[tuple[float, int, K]] = []
        self._added = 0

    def __len__(self) -> int:
        """How many keys wait to be looked at, now or later."""
        return len(self._due)

    def add(self, key: K, due: float) -> None:
        """Have a key looked at, at this time or before it."""
        if key not in self._due or due < self._due[key]:
            self._due[key] = due
            if key not in self._held:
                self._push(key)

    def take(self, now: float) -> K | None:
        """Give out the key that has been due for the longest time; None if none is due."""
        while self._heap and self._heap[0][0] <= now:
            due, _, key = heapq.heappop(self._heap)
            if self._due.get(key) == due and key not in self._held:
                del self._due[key]
                self._held[key] = now
                return key
        return None

    def finish(self, key: K, *, again: float | None = None) -> None:
        """Take a key back that was looked at well, to be looked at again at a time or not."""
        self._failures.pop(key, None)
        self._release(key, again)

    def fail(self, key: K, now: float, *, jitter: float) -> float:
        """Take a key back that could not be looked at; return the seconds until it is again.

        Args:
            key: what was given out.
            now: the time.
            jitter: from 0 to 1, where in the second half of the delay: so that those that failed
                together don't come back together.
        """
        failures = self._failures.get(key, 0)
        self._failures[key] = min(failures + 1, _EXPONENT)
        delay = min(FIRST_DELAY * 2.0**failures, LONGEST_DELAY) * (1 + jitter) / 2
        self._release(key, now + delay)
        return delay

    def next_due(self) -> float | None:
        """Return when the next key is due; too early at times, never too late."""
        return self._heap[0][0] if self._heap else None

    def longest_held(self, now: float) -> float:
        """Return for how long the slowest worker has had its key."""
        return now - min(self._held.values(), default=now)

    def _release(self, key: K, due: float | None) -> None:
        if due is not None:
            self.add(key, due)
        del self._held[key]
        if key in self._due:
            self._push(key)

    def _push(self, key: K) -> None:
        self._added += 1  # Equal times are served in order; keys need not be comparable.
        heapq.heappush(self._heap, (self._due[key], self._added, key))
        # A job that is to be deleted in a week is looked at every few minutes until then.
        if len(self._heap) > 2 * len(self._due) + _SPARE:
            self._heap = [it for it in self._heap if self._due.get(it[2]) == it[0]]
            heapq.heapify(self._heap)


class Queue(Generic[K]):
    """Workers that look at keys.

    Args:
        look: does it, and returns after how many seconds to look again, or None. It is one of a
            key at any time. When it raises, the key comes again, later each time.
        workers: how many keys are looked at at the same time.
    """

    def __init__(self, look: Callable[[K], Awaitable[float | None]], *, workers: int) -> None:
        self._look = look
        self._workers = workers
        self._schedule: Schedule[K] = Schedule()
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._schedule)

    def add(self, key: K, *, delay: float = 0.0) -> None:
        """Have a key looked at, after so many seconds at the latest."""
        self._schedule.add(key, time.monotonic() + delay)
        self._news.set()

    def longest_held(self) -> float:
        """Return for how many seconds the slowest worker has had its key."""
        return self._schedule.longest_held(time.monotonic())

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._workers):
                workers.create_task(self._work())

    async def _work(self) -> None:
        while True:
            key = self._schedule.take(time.monotonic())
            if key is None:
                await self._wait()
            else:
                await self._serve(key)

    async def _serve(self, key: K) -> None:
        try:
            again = await self._look(key)
        except Exception:  # noqa: BLE001 - said by `look` itself; the key has to come again in any case
            self._schedule.fail(key, time.monotonic(), jitter=random.random())  # noqa: S311 - no secret
        else:
            now = time.monotonic()
            self._schedule.finish(key, again=None if again is None else now + again)
        self._news.set()

    async def _wait(self) -> None:
        """Wait until a key is due, or one is added."""
        due = self._schedule.next_due()
        if due is not None and due <= time.monotonic():
            return
        self._news.clear()
        try:
            async with asyncio.timeout_at(None if due is None else _loop_time(due)):
                await self._news.wait()
        except TimeoutError:
            pass


def _loop_time(due: float) -> float:
    return asyncio.get_running_loop().time() + due - time.monotonic()
