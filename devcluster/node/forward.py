"""Forwards connections between network namespaces, without a device or a rule on the host.

A listening socket belongs to the network namespace it was opened in, whoever holds it later. So
``up`` opens sockets on the host's 127.0.0.1 and hands them to the node's first process, which
accepts from the host and connects on its own side of the wall.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

CHUNK: Final = 256 * 1024  # bytes; a large read takes many small writes of a log stream at once


@contextlib.asynccontextmanager
async def forwarding(listener: socket.socket, port: int) -> AsyncIterator[None]:
    """Forward what connects to ``listener`` to a port of 127.0.0.1 in our own namespace.

    A connection is refused, by being closed, while nobody listens there. All are cut at the end.
    """
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(_connect(reader, writer, port))
        connections.add(connection)
        connection.add_done_callback(connections.discard)

    async with await asyncio.start_server(connected, sock=listener, limit=CHUNK):
        yield
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    async with _closing(writer):
        there, back = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK)
        async with _closing(back), asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, back))
            both.create_task(_copy(there, writer))


@contextlib.asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close at the end. Where one side is gone, the other has nothing more to say to it."""
    try:
        yield
    except* OSError:
        pass
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK):
        target.write(chunk)
        await target.drain()
    target.write_eof()
