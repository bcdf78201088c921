"""Waits for files to change, for all readers at once.

While anybody waits, one task looks at each file that is waited for once a tick: two ``stat`` calls,
some microseconds. So a line is seen within a tick of being written, and a thousand idle readers
cost less than one that polls.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 0.02
"""Seconds between two looks."""


class Watcher:
    """Wakes those who wait once their file has changed, or all of them on :meth:`drain`."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], tuple[Callable[[], object], object]] = {}
        self._task: asyncio.Task[None] | None = None
        self.draining = False

    def drain(self) -> None:
        """Let nobody wait any more, now and from here on."""
        self.draining = True
        for future in self._waiting:
            _wake(future)

    async def wait(self, look: Callable[[], object], seen: object, seconds: float) -> None:
        """Wait until something else is to be seen, for some seconds at most.

        Args:
            look: called once a tick; what it raises counts as something else.
            seen: what it gave before.
            seconds: not to be passed.
        """
        if self.draining:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting[future] = (look, seen)
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        try:
            await asyncio.wait((future,), timeout=seconds)
        finally:
            del self._waiting[future]

    async def _look(self) -> None:
        while self._waiting:
            await asyncio.sleep(TICK)
            for future, (look, seen) in list(self._waiting.items()):
                if _differs(look, seen):
                    _wake(future)
        self._task = None


def _differs(look: Callable[[], object], seen: object) -> bool:
    try:
        return look() != seen
    except Exception:  # noqa: BLE001 - whoever waits will meet it
        return True


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
