"""A server inside another program: the ``sqlflow`` command runs programs on one of its own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sqlflow import logs
from sqlflow_server.assembly import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlflow_server.settings import Settings


@contextlib.asynccontextmanager
async def local_server(settings: Settings) -> AsyncIterator[str]:
    """Serve on a free port of this machine; give the address. Jobs outlive the server.

    Args:
        settings: all but ``listen`` and ``metrics_listen`` hold.
    """
    logs.configure(settings.log_level, settings.log_format)
    update = {"listen": "127.0.0.1:0", "metrics_listen": "", "drain_grace": 0.5}
    server = Server(settings.model_copy(update=update))
    await server.start()
    try:
        yield server.address
    finally:
        await server.stop()
