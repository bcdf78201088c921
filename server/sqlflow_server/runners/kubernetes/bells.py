"""Wakes those who wait for something new of a job."""

from __future__ import annotations

import asyncio
from collections import defaultdict


class Bells:
    """One bell a job. Whoever heard none of its strokes yet need not wait for the next."""

    def __init__(self) -> None:
        self.draining = False
        self._strokes: defaultdict[str, int] = defaultdict(int)
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def strokes(self, job: str) -> int:
        """Return how often a job's bell was rung."""
        return self._strokes[job]

    def ring(self, job: str) -> None:
        """Wake those who wait for a job. Nothing is kept of a job that nobody asked for."""
        if job in self._strokes:
            self._strokes[job] += 1
        for future in self._waiting.get(job, ()):
            _wake(future)

    def forget(self, job: str) -> None:
        """Wake those who wait for a job that is gone, and forget it."""
        self.ring(job)
        self._strokes.pop(job, None)

    def drain(self) -> None:
        """Let nobody wait any more, now and from here on."""
        self.draining = True
        for futures in self._waiting.values():
            for future in futures:
                _wake(future)

    async def wait(self, job: str, heard: int, seconds: float) -> None:
        """Wait for a stroke after the ones that were heard, for some seconds at most."""
        if self.draining or self._strokes[job] != heard:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting[job].add(future)
        try:
            await asyncio.wait((future,), timeout=seconds)
        finally:
            self._waiting[job].discard(future)
            if not self._waiting[job]:
                del self._waiting[job]


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
