"""What surrounds every call of our services: a gate, errors as answers, counts and logs.

Calls of other services (health, reflection) pass through.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import grpc
import structlog

from sqlflow.errors import SQLFlowError
from sqlflow_server import faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlflow_server.auth.gates import Gate
    from sqlflow_server.metrics import Metrics

SERVICES = {"/sqlflow.v1.SQLFlow/": "", "/proto.SQLFlow/": "2020."}
"""Our services, and what stands before the names of their methods in metrics and logs."""

_log = structlog.get_logger(__name__)


class Boundary(grpc.aio.ServerInterceptor):
    """The outermost layer of our services."""

    def __init__(self, metrics: Metrics, gate: Gate) -> None:
        self._metrics, self._gate = metrics, gate

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Wrap a handler of our services."""
        handler: Any = await continuation(handler_call_details)
        service, slash, name = handler_call_details.method.rpartition("/")
        if handler is None or service + slash not in SERVICES:
            return handler
        method = SERVICES[service + slash] + name
        serializers = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.response_streaming:
            streaming = self._streaming(method, handler.unary_stream)
            return grpc.unary_stream_rpc_method_handler(streaming, **serializers)
        unary = self._unary(method, handler.unary_unary)
        return grpc.unary_unary_rpc_method_handler(unary, **serializers)

    def _unary(self, method: str, handler: Any) -> Any:
        async def call(request: Any, context: Any) -> Any:
            async with self._watched(method, context):
                return await handler(request, context)

        return call

    def _streaming(self, method: str, handler: Any) -> Any:
        async def call(request: Any, context: Any) -> AsyncIterator[Any]:
            async with self._watched(method, context):
                async for response in handler(request, context):
                    yield response

        return call

    @contextlib.asynccontextmanager
    async def _watched(self, method: str, context: Any) -> AsyncIterator[None]:
        begin, code = time.perf_counter(), "OK"
        self._metrics.active.labels(method).inc()
        try:
            async with self._gate.admitted(context):
                yield
        except SQLFlowError as error:
            status = faults.status_of(error)
            code = status.code.name
            await context.abort_with_status(status)
        except (asyncio.CancelledError, GeneratorExit):
            code = "CANCELLED"
            raise
        except Exception:  # noqa: BLE001 - the last layer there is
            number, status = faults.incident()
            code = status.code.name
            _log.exception("a call failed", method=method, incident=number)
            await context.abort_with_status(status)
        finally:
            took = time.perf_counter() - begin
            self._metrics.active.labels(method).dec()
            self._metrics.calls.labels(method, code).inc()
            self._metrics.seconds.labels(method).observe(took)
            _log.debug("call", method=method, code=code, seconds=round(took, 4))
