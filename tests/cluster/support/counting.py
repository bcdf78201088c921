"""Counts what a client asks of the API server.

The client's login leads to a proxy that forwards to the server, and to nowhere else: so nothing
that it asks can be missed.
"""

from __future__ import annotations

import contextlib
import json
import ssl
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web
from kubernetes.aio.config import new_client_from_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

READS: Final = ("get", "list", "watch")
_BETWEEN_TWO: Final = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")
_VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Requests:
    """What was asked so far.

    Attributes:
        counts: by verb and kind, such as ``patch sqlflowjobs/status``.
        answered: bytes of the answers, by the same.
    """

    counts: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def note(self, request: web.BaseRequest) -> None:
        self.counts[_name(request)] += 1

    def note_answer(self, request: web.BaseRequest, size: int) -> None:
        self.answered[_name(request)] += size

    def since(self, before: Counter[str]) -> Counter[str]:
        """Return what was asked after a copy of the counts was made."""
        return self.counts - before

    @staticmethod
    def writes(counts: Counter[str]) -> dict[str, int]:
        """Return those that may change something."""
        return {name: n for name, n in counts.items() if name.split()[0] not in READS}


def _name(request: web.BaseRequest) -> str:
    """Return verb and kind: ``/apis/GROUP/VERSION[/namespaces/NAME]/KIND[/NAME[/PART]]``."""
    parts = request.path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    if parts[:1] == ["namespaces"] and len(parts) > 2:
        parts = parts[2:]
    kind, name, part = (*parts, "", "", "")[:3]
    kind = f"{kind}/{part}" if part else kind
    if request.query.get("dryRun") or kind == "selfsubjectaccessreviews":
        return f"get {kind}"  # It is only asked what would be.
    if request.method in _VERBS:
        return f"{_VERBS[request.method]} {kind}"
    if request.query.get("watch"):
        return f"watch {kind}"
    return f"get {kind}" if name or not kind else f"list {kind}"


@contextlib.asynccontextmanager
async def counted(kubeconfig: Path, folder: Path) -> AsyncIterator[tuple[Path, Requests]]:
    """Serve the proxy; give a login that leads to it, and what is asked through it."""
    requests = Requests()
    async with _server(kubeconfig) as upstream:

        async def forward(request: web.BaseRequest) -> web.StreamResponse:
            requests.note(request)
            return await _forward(request, upstream, requests)

        # A watch that its client has left would wait for the server's next word, and end only then.
        server = web.Server(forward, handler_cancellation=True)
        runner = web.ServerRunner(server, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        try:
            await site.start()
            login = folder / "counted.kubeconfig"
            login.write_text(_login(runner.addresses[0][1]), "utf-8")
            yield login, requests
        finally:
            await runner.cleanup()


@contextlib.asynccontextmanager
async def _server(kubeconfig: Path) -> AsyncIterator[aiohttp.ClientSession]:
    async with await new_client_from_config(str(kubeconfig)) as client:
        settings = client.configuration
    trusted = ssl.create_default_context(cafile=settings.ssl_ca_cert)
    trusted.load_cert_chain(settings.cert_file, settings.key_file)
    async with aiohttp.ClientSession(
        settings.host,
        connector=aiohttp.TCPConnector(ssl=trusted, limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
    ) as session:
        yield session


async def _forward(
    request: web.BaseRequest, upstream: aiohttp.ClientSession, requests: Requests
) -> web.StreamResponse:
    body = await request.read()
    async with upstream.request(
        request.method, request.rel_url, headers=_passed(request.headers), data=body or None
    ) as answer:
        response = web.StreamResponse(status=answer.status, headers=_passed(answer.headers))
        with contextlib.suppress(aiohttp.ClientConnectionResetError):  # The client has gone.
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                requests.note_answer(request, len(chunk))
                await response.write(chunk)
            await response.write_eof()
        return response


def _passed(headers: aiohttp.typedefs.LooseHeaders) -> dict[str, str]:
    return {
        name: value for name, value in dict(headers).items() if name.lower() not in _BETWEEN_TWO
    }


def _login(port: int) -> str:
    """Return a kubeconfig without a secret: the proxy is the administrator."""
    name = "counted"
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{"name": name, "user": {}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
    )
