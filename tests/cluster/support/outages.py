"""Parts of the cluster that are away for a while, and back in the end however a test ends."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import yaml

from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground

_CONTROLLER: Final = "deployment/workflow-controller"
_CHUNK: Final = 2**16


@contextlib.asynccontextmanager
async def argo_away(cluster: Cluster, namespace: Playground) -> AsyncIterator[None]:
    """Have no controller of Argo's run."""

    async def run(*arguments: str) -> None:
        await asyncio.to_thread(cluster.kubectl.run, "--namespace=argo", *arguments)

    await run("scale", _CONTROLLER, "--replicas=0")
    try:
        await eventually(
            lambda: namespace.pod_names("argo", "app=workflow-controller"),
            lambda names: not names,
            what="Argo's controller is gone",
        )
        yield
    finally:
        await run("scale", _CONTROLLER, "--replicas=1")
        await run("rollout", "status", _CONTROLLER, "--timeout=60s")


@dataclass(slots=True)
class Line:
    """The only way of one client to the API server, which a test cuts and mends.

    Attributes:
        login: leads through it.
    """

    host: str
    upstream: int
    login: Path
    port: int = 0
    server: asyncio.Server | None = None
    ends: set[asyncio.StreamWriter] = field(default_factory=set)
    passing: set[asyncio.Task[None]] = field(default_factory=set)

    async def mend(self) -> None:
        """Let the client through."""
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Refuse connections, and drop those that there are, as a server that was killed does."""
        assert self.server
        self.server.close()
        for end in self.ends:
            end.transport.abort()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._join(reader, writer))
        self.passing.add(task)
        task.add_done_callback(self.passing.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ends.add(writer)
        with contextlib.suppress(OSError):
            answers, requests = await asyncio.open_connection(self.host, self.upstream)
            self.ends.add(requests)
            await asyncio.gather(_pass(reader, requests), _pass(answers, writer))
            self.ends.discard(requests)
        self.ends.discard(writer)


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(_CHUNK):
            target.write(chunk)
            await target.drain()
    target.close()


@contextlib.asynccontextmanager
async def line(kubeconfig: Path, folder: Path) -> AsyncIterator[Line]:
    """Give a line to the API server that a login leads to."""
    line = Line(*_server(kubeconfig), folder / "line.kubeconfig")
    await line.mend()
    _lead(kubeconfig, line)
    try:
        yield line
    finally:
        line.cut()
        await asyncio.gather(*line.passing, return_exceptions=True)


def _server(kubeconfig: Path) -> tuple[str, int]:
    [entry] = yaml.safe_load(kubeconfig.read_text("utf-8"))["clusters"]
    at = urlsplit(entry["cluster"]["server"])
    assert at.hostname
    assert at.port
    return at.hostname, at.port


def _lead(kubeconfig: Path, line: Line) -> None:
    """Write the line's login: the same one, to another port, which the certificate is good for."""
    config = yaml.safe_load(kubeconfig.read_text("utf-8"))
    [entry] = config["clusters"]
    entry["cluster"]["server"] = f"https://127.0.0.1:{line.port}"
    line.login.touch(mode=0o600)
    line.login.write_text(yaml.safe_dump(config), "utf-8")
