"""A server inside another program: the ``sqlflow`` command runs programs on one of its own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from sqlflow import logs
from sqlflow_server.assembly import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlflow_server.settings import Settings


_EMBEDDED: Final[dict[str, Any]] = {
    "listen": "127.0.0.1:0",
    "auth": "none",
    "tls_certificate": None,
    "tls_client_ca": None,
    "metrics_listen": "",
    "health_listen": "",
    "drain_wait": 0.0,
    "drain_grace": 0.5,
}


@contextlib.asynccontextmanager
async def local_server(settings: Settings) -> AsyncIterator[str]:
    """Serve on a free port of this machine; give the address. Jobs outlive the server.

    Args:
        settings: all hold but those of where and to whom to serve, and how to go.
    """
    logs.configure(settings.log_level, settings.log_format)
    server = Server(settings.model_copy(update=_EMBEDDED))
    await server.start()
    try:
        yield server.address
    finally:
        await server.stop()
