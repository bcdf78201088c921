"""Puts a server together from its settings."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import grpc
import structlog

from sqlflow.v1 import sqlflow_pb2, sqlflow_pb2_grpc
from sqlflow_server import backends, ports
from sqlflow_server.health import Health
from sqlflow_server.interceptors import Boundary
from sqlflow_server.legacy import sqlflow_pb2_grpc as legacy_pb2_grpc
from sqlflow_server.legacy.servicer import LegacyServicer
from sqlflow_server.metrics import Metrics
from sqlflow_server.requests import PageLimits
from sqlflow_server.servicer import Servicer
from sqlflow_server.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow_server.backends import Backend
    from sqlflow_server.runners.protocol import Runner
    from sqlflow_server.settings import Settings

MAX_REQUEST = 1024 * 1024
"""Bytes of the largest request: a program at its limit, and room."""

_SERVICE = sqlflow_pb2.DESCRIPTOR.services_by_name["SQLFlow"].full_name

_log = structlog.get_logger(__name__)


class Server:
    """A server: started, drained and stopped once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics()
        self._health = Health([_SERVICE])
        self._cleanup = contextlib.AsyncExitStack()
        self._grpc: grpc.aio.Server | None = None
        self._runner: Runner | None = None
        self.address = ""

    async def start(self) -> None:
        """Start to serve; from then on, ``address`` says where.

        Raises:
            UserError: a setting does not fit.
            UnavailableError: the address is taken, or what the server stands on can't be reached.
        """
        async with contextlib.AsyncExitStack() as cleanup:
            await self._start(cleanup)
            self._cleanup = cleanup.pop_all()
        _log.info(
            "serving",
            address=self.address,
            runner=self._settings.job_runner,
            state=str(self._settings.state_directory),
        )
        self._warn()

    def _warn(self) -> None:
        """Say aloud what an administrator may not have meant."""
        settings = self._settings
        if settings.auth == "none":
            _log.warning("no authentication: whoever reaches this address may run programs")
        elif settings.tls_certificate is None and not is_loopback(settings.listen):
            _log.warning("no TLS: callers' tokens cross the network in the clear")

    async def _start(self, cleanup: contextlib.AsyncExitStack) -> None:
        if self._settings.health_listen:
            probed = await self._health.listen(self._settings.health_listen)
            cleanup.push_async_callback(probed.stop, 0)
        backend = await cleanup.enter_async_context(backends.opened(self._settings, self._metrics))
        server = grpc.aio.server(
            interceptors=[Boundary(self._metrics, backend.gate)],
            options=_options(self._settings),
            maximum_concurrent_rpcs=self._settings.max_concurrent_rpcs,
        )
        servicer = self._servicer(backend)
        add: Callable[..., None] = sqlflow_pb2_grpc.add_SQLFlowServicer_to_server
        add(servicer, server)
        add_legacy: Callable[..., None] = legacy_pb2_grpc.add_SQLFlowServicer_to_server
        add_legacy(LegacyServicer(servicer, backend.keys), server)
        self._health.join(server)
        if self._settings.reflection:
            _reflect(server)
        self.address = ports.bind(server, self._settings)
        if self._settings.metrics_listen:
            cleanup.callback(self._metrics.serve(self._settings.metrics_listen))
        self._runner = backend.runner
        cleanup.push_async_callback(backend.runner.stop)
        await backend.runner.start()
        await server.start()
        self._grpc = server
        await self._health.ready()

    async def stop(self, *, at_once: asyncio.Event | None = None) -> None:
        """Send callers away with what they need to go on elsewhere, then end. Jobs run on.

        Args:
            at_once: once set, balancers are not waited for.
        """
        await self._health.going()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_wait):
                await (at_once or asyncio.Event()).wait()
        if self._grpc and self._runner:
            # Clients are told to connect elsewhere before their calls are answered: what they ask
            # next is asked there.
            stopping = asyncio.create_task(self._grpc.stop(self._settings.drain_grace))
            await asyncio.sleep(0)
            self._runner.drain()
            await stopping
        await self._cleanup.aclose()
        _log.info("stopped", address=self.address)

    def _servicer(self, backend: Backend) -> Servicer:
        settings = self._settings
        return Servicer(
            backend.runner,
            backend.keys,
            backend.gate,
            limits=PageLimits(
                wait=settings.fetch_wait,
                page_bytes=settings.page_bytes,
                max_page_bytes=settings.max_page_bytes,
            ),
            data_source=backend.data_source,
            default_deadline=settings.default_deadline,
            monitor_url=self._monitor_url,
        )

    def _monitor_url(self, job_id: str) -> str:
        return f"sqlflow://{self._settings.advertise or self.address}/jobs/{job_id}"


def _options(settings: Settings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # two servers on one port would share its callers by chance
        ("grpc.max_receive_message_length", MAX_REQUEST),
        ("grpc.max_send_message_length", 2 * settings.max_page_bytes + MAX_REQUEST),
        # A client behind a NAT may ping as often as this; a dead one is noticed.
        ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 30_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
    ]


def _reflect(server: grpc.aio.Server) -> None:
    from grpc_reflection.v1alpha import reflection

    reflection.enable_server_reflection((_SERVICE, reflection.SERVICE_NAME), server)
