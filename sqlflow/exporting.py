"""Metrics over HTTP, where Prometheus reads them: for server and operator, as is ``logs.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import start_http_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry


def serve(registry: CollectorRegistry, host: str, port: int) -> Callable[[], None]:
    """Serve metrics in a thread; return what ends that.

    Raises:
        OSError: the port is taken, or the address not one of this machine.
    """
    server, thread = start_http_server(port, host, registry=registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
