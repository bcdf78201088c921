"""Tails: each reads the log of one pod into a spool, for all readers there are.

::

    the container runs      ─► follow its log until the end frame comes, or the stream ends
    the container is over   ─► read its log once, from start to end: that is all there will be
    neither, or it failed   ─► again, a little later, or when the pod has changed

That a stream ends proves nothing: a kubelet that restarts ends it cleanly. The log is complete once
its end frame is there, or once it was read to its end by a reading that began when the container
was known to be over. A pod that is gone before that leaves a torn log.

A log that is over comes as fast as the node can read, megabytes at once, so such readings take
turns. A log that grows never waits for one.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final

import structlog

from pkg_argo import pods
from pkg_argo.streams import NotStartedError, PodGoneError
from sqlflow.errors import SQLFlowError, UnavailableError
from sqlflow.wire import frames

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pkg_argo.pods import Object
    from pkg_argo.spools import Spool
    from pkg_argo.streams import Streams

_PACE: Final = 0.02
"""Seconds between two reads of a followed log: each read then takes many lines at once."""
_SILENT: Final = 30.0
"""Seconds of silence after which a stream may have died; one that is not followed has."""
_PAUSES: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = structlog.get_logger(__name__)


class Tail:
    """Reads one pod's log.

    Args:
        streams: where from.
        pod: as it is when the tail begins.
        spool: where to.
        look: returns the pod as it is now; None when it is gone.
        grew: called when there is more in the spool, or when it is complete.
        turns: of those who read logs that are over.

    Attributes:
        torn: the pod was gone before its log was read to its end.
        used: when somebody last asked for it, by the monotonic clock.
    """

    def __init__(
        self,
        streams: Streams,
        pod: Object,
        spool: Spool,
        *,
        look: Callable[[], Object | None],
        grew: Callable[[], None],
        turns: asyncio.Semaphore,
    ) -> None:
        self.spool = spool
        self.torn = False
        self.used = time.monotonic()
        self._streams = streams
        self._namespace, self._pod = str(pod["metadata"]["namespace"]), pods.name(pod)
        self._look, self._grew, self._turns = look, grew, turns
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Take note that the pod has changed: what did not work may work now."""
        self._poked.set()

    async def run(self) -> None:
        """Read until the log is complete."""
        failures = 0
        while not self.spool.complete:
            self._poked.clear()
            size = self.spool.size
            try:
                await self._read()
            except NotStartedError:
                failures = len(_PAUSES)  # Its change is told; there is no need to ask often.
            except PodGoneError:
                self.torn = self.spool.end is None
                self._finish()
            except SQLFlowError as error:
                log.warning("a log can't be read now", pod=self._pod, error=str(error))
            if not self.spool.complete:
                failures = 0 if self.spool.size > size else failures + 1
                await self._pause(failures)

    async def _read(self) -> None:
        pod = self._look()
        over = pod is None or pods.is_dead(pod)
        if pod is not None and not over and pods.main_state(pod, "running") is None:
            raise NotStartedError(f"pod {self._pod} has yet to start")
        try:
            await (self._take() if over else self._follow())
        except NotStartedError:
            if pod is None or not over:
                raise
            # It never started, and never will: there is nothing to read.
        if over or self.spool.end:
            self._finish()

    def _log(self, *, follow: bool) -> contextlib.AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._streams.log(self._namespace, self._pod, pods.MAIN, follow=follow)

    async def _take(self) -> None:
        """Read a log that is over, as fast as it comes."""
        async with self._turns, self._log(follow=False) as chunks:
            self.spool.begin()
            while True:
                try:
                    async with asyncio.timeout(_SILENT):
                        chunk = await anext(chunks, None)
                except TimeoutError:
                    what = f"log of pod {self._namespace}/{self._pod}"
                    raise UnavailableError(f"{what}: silent for {_SILENT:g} s") from None
                if chunk is None:
                    return
                self._feed(chunk)

    async def _follow(self) -> None:
        """Take what comes until the end frame, or the end of the stream."""
        async with self._log(follow=True) as chunks:
            self.spool.begin()
            while self.spool.end is None and (chunk := await self._next(chunks)) is not None:
                self._feed(chunk)
                await asyncio.sleep(_PACE)

    def _feed(self, chunk: bytes) -> None:
        if self.spool.feed(chunk):
            self._grew()

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        """Return the next piece; None where the stream has ended, or died."""
        coming = asyncio.ensure_future(_piece(chunks))
        try:
            while not (await asyncio.wait((coming,), timeout=_SILENT))[0]:
                if await self._is_behind():
                    log.warning("the stream of a log has died", pod=self._pod)
                    return None
            return await coming
        finally:
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError, SQLFlowError):
                await coming

    async def _is_behind(self) -> bool:
        """Whether the last line of the log is one that the stream has not brought."""
        with contextlib.suppress(SQLFlowError):
            opened = self._streams.log(self._namespace, self._pod, pods.MAIN, follow=False, tail=1)
            async with opened as chunks:
                line = b"".join([chunk async for chunk in chunks])
            head = frames.head(line)
            return head is not None and head[0] > self.spool.last
        return False

    def _finish(self) -> None:
        self.spool.finish(torn=self.torn)
        self._grew()

    async def _pause(self, failures: int) -> None:
        pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._poked.wait()


async def _piece(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)
