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

CHUNK: Final = 256 * 1024  # bytes; a large read takes many small writes of a log stream at once


async def forward(listener: socket.socket, port: int) -> asyncio.Server:
    """Forward what connects to ``listener`` to a port of 127.0.0.1 in our own namespace.

    A connection is refused, by being closed, while nobody listens there.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await _join(reader, writer, port)
        with contextlib.suppress(OSError):
            writer.close()
            await writer.wait_closed()

    return await asyncio.start_server(connected, sock=listener, limit=CHUNK)


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    there, back = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK)
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, back))
            both.create_task(_copy(there, writer))
    except* OSError:  # One side is gone: the other has nothing more to say to it.
        pass
    finally:
        back.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK):
        target.write(chunk)
        await target.drain()
    target.write_eof()
