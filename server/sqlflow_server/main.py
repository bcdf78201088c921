"""Runs a server until it is told to end: ``python -m sqlflow_server``, or ``sqlflow serve``."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import TYPE_CHECKING

from sqlflow import logs
from sqlflow_server.assembly import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow_server.settings import Settings


async def serve(settings: Settings, *, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second one cuts the wait for balancers short.

    Args:
        settings: all that can be decided.
        on_ready: is told the address once calls are served.
    """
    logs.configure(settings.log_level, settings.log_format)
    told, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell() -> None:
        (again if told.is_set() else told).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, tell)
    server = Server(settings)
    await server.start()
    # What is here now stays. Left in, each full collection would go through all of it, and some
    # call would wait for that tens of milliseconds.
    gc.collect()
    gc.freeze()
    if on_ready is not None:
        on_ready(server.address)
    await told.wait()
    await server.stop(at_once=again)
