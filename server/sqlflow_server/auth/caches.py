"""Answers that are kept for a while, and asked for once however many want them."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

T = TypeVar("T")


class Cache(Generic[T]):
    """Keeps answers by their questions.

    An error is not kept. Of many answers the oldest are dropped.

    Args:
        seconds: for how long an answer is kept.
        most: answers that are kept.
        clock: for tests.
    """

    def __init__(
        self,
        seconds: Callable[[T], float],
        *,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._kept: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._asked: dict[Hashable, asyncio.Task[T]] = {}

    def kept(self, key: Hashable) -> tuple[T] | None:
        """Return the answer that is kept, in a tuple."""
        until, *answer = self._kept.get(key, (float("-inf"),))
        return (answer[0],) if answer and self._clock() < until else None

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the answer that is kept; else ask, or wait for the one who does."""
        if kept := self.kept(key):
            return kept[0]
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._ask(key, ask))
        # Who hangs up does not take the answer from the others.
        return await asyncio.shield(task)

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        try:
            answer = await ask()
        finally:
            del self._asked[key]
        self._kept[key] = (self._clock() + self._seconds(answer), answer)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return answer
