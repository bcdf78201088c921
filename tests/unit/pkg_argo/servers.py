"""An API server that streams what a test tells it to, one script a request."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import ApiClient, Configuration

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Script = Callable[[web.StreamResponse], Awaitable[None]]


class StreamingServer:
    """Answers each request with the next script for its path; notes what it was asked."""

    def __init__(self) -> None:
        self.scripts: list[tuple[int, Any]] = []
        self.asked: list[web.Request] = []

    def says(self, *pieces: bytes) -> None:
        """Have the next request answered by a stream that ends cleanly."""

        async def script(response: web.StreamResponse) -> None:
            for piece in pieces:
                await response.write(piece)

        self.scripts.append((200, script))

    def does(self, script: Script) -> None:
        """Have the next request answered by a stream that a coroutine fills."""
        self.scripts.append((200, script))

    def refuses(self, status: int, message: str, **details: Any) -> None:
        """Have the next request refused."""
        self.scripts.append((status, {"kind": "Status", "message": message, "details": details}))

    def answers(self, body: Any) -> None:
        """Have the next request answered by an object."""
        self.scripts.append((200, body))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        status, script = self.scripts.pop(0)
        if not callable(script):
            return web.json_response(script, status=status)
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await script(response)
        return response


def event(kind: str, name: str, version: int, **more: Any) -> bytes:
    """One line of a watch."""
    meta = {"namespace": "jobs", "name": name, "resourceVersion": str(version)}
    return json.dumps({"type": kind, "object": {"metadata": meta, **more}}).encode() + b"\n"


def listing(version: int, *names: str) -> dict[str, Any]:
    """The answer to a list."""
    items = [
        {"metadata": {"namespace": "jobs", "name": name, "resourceVersion": str(version)}}
        for name in names
    ]
    return {"items": items, "metadata": {"resourceVersion": str(version)}}


@contextlib.asynccontextmanager
async def served(server: StreamingServer) -> AsyncIterator[ApiClient]:
    """A client of the server."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    async with TestServer(app) as running:
        configuration = Configuration(host=str(running.make_url("")).rstrip("/"))
        async with ApiClient(configuration) as client:
            yield client
