"""A balancer as simple as can be: each connection goes to the next server that takes one."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


class Balancer:
    """Passes bytes on, whatever they mean.

    Attributes:
        connections: to which server each went, by its place in the list.
    """

    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = [address.rpartition(":")[::2] for address in servers]
        self._turn = itertools.count()
        self.connections: list[int] = []
        self._served: list[asyncio.Task[None]] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._served.append(task)
        async with _closed(writer):
            there = await self._connected()
            async with _closed(there[1]):
                await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        first = next(self._turn)
        for offset in range(len(self._servers)):
            place = (first + offset) % len(self._servers)
            host, port = self._servers[place]
            with contextlib.suppress(ConnectionRefusedError):
                opened = await asyncio.open_connection(host, int(port))
                self.connections.append(place)
                return opened
        raise ConnectionRefusedError("no server takes connections")

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Take connections at a free port; yield the address."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in self._served:
                task.cancel()
            await asyncio.gather(*self._served, return_exceptions=True)


@contextlib.asynccontextmanager
async def _closed(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
