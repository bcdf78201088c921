"""Tells probes and balancers whether to send callers here.

The health service is at the port of all services, and, if asked for, at one of its own without TLS,
which a kubelet does not speak. That one answers from the first moment on: NOT_SERVING until the
runner is ready, and once the server is to go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from sqlflow_server import ports

if TYPE_CHECKING:
    from collections.abc import Sequence

_STATUS = health_pb2.HealthCheckResponse


class Health:
    """The health of some services, and of the server as a whole.

    Args:
        services: by their full names.
    """

    def __init__(self, services: Sequence[str]) -> None:
        self._servicer = health.aio.HealthServicer()
        self._services = ("", *services)

    def join(self, server: grpc.aio.Server) -> None:
        """Answer at a server's ports."""
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    async def listen(self, address: str) -> grpc.aio.Server:
        """Answer at a port of its own, until the server that is returned is stopped.

        Raises:
            UnavailableError: the address is taken.
        """
        await self._set(_STATUS.NOT_SERVING)
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        self.join(server)
        ports.bind_plain(server, address)
        await server.start()
        return server

    async def ready(self) -> None:
        """Have callers come."""
        await self._set(_STATUS.SERVING)

    async def going(self) -> None:
        """Have no more callers come, for good."""
        await self._servicer.enter_graceful_shutdown()

    async def _set(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        for service in self._services:
            await self._servicer.set(service, status)
