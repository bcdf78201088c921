from __future__ import annotations

import asyncio
import contextlib
import socket

from devcluster.node.forward import forwarding


def listening() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@contextlib.asynccontextmanager
async def forwarded(answer):
    """A server, and the port of a forwarder to it."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    listener = listening()
    async with server, forwarding(listener, server.sockets[0].getsockname()[1]):
        yield listener.getsockname()[1]


async def echo(reader, writer):
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.write(b"that was all")
    writer.close()


async def test_what_one_side_says_the_other_hears_also_after_half_a_close():
    sent = bytes(range(256)) * 8192  # 2 MiB: more than any buffer on the way
    async with forwarded(echo) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def send():
            writer.write(sent)
            await writer.drain()
            writer.write_eof()

        sending = asyncio.create_task(send())
        received = await reader.read(-1)
        await sending
        writer.close()
        await writer.wait_closed()

    assert received == sent + b"that was all"


async def test_a_line_is_forwarded_before_the_next_is_written():
    async with forwarded(echo) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for line in (b"one\n", b"two\n"):
            writer.write(line)
            assert await asyncio.wait_for(reader.readline(), 5) == line
        writer.close()
        await writer.wait_closed()


async def test_a_connection_ends_when_nobody_listens_on_the_other_side():
    nobody = listening()
    port = nobody.getsockname()[1]
    nobody.close()
    listener = listening()
    async with forwarding(listener, port):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        await writer.wait_closed()


async def test_one_broken_connection_leaves_the_others_alone():
    async with forwarded(echo) as port:
        _, broken = await asyncio.open_connection("127.0.0.1", port)
        broken.write(b"x" * 100_000)
        broken.transport.abort()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"still here\n")
        assert await asyncio.wait_for(reader.readline(), 5) == b"still here\n"
        writer.close()
        await writer.wait_closed()
