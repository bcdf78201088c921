"""A server in this process that answers what a test tells it to."""

from __future__ import annotations

import contextlib
from collections import defaultdict, deque
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc

from sqlflow.v1 import sqlflow_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("Run", "Fetch", "Cancel", "GetJob", "ListJobs", "Plan")


class Scripted(sqlflow_pb2_grpc.SQLFlowServicer):
    """Answers each call with the next of ``answers[method]``; a status aborts the call."""

    def __init__(self) -> None:
        self.answers: dict[str, deque[Any]] = defaultdict(deque)
        self.requests: list[Any] = []
        for method in METHODS:
            setattr(self, method, self._handler(method))

    def _handler(self, method: str) -> Any:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            self.requests.append(request)
            reply = self.answers[method].popleft()
            if isinstance(reply, grpc.Status):
                context.abort_with_status(reply)
            if isinstance(reply, tuple):
                context.abort(*reply)
            return reply

        return answer


@contextlib.contextmanager
def serving(servicer: Scripted, port: int = 0) -> Iterator[str]:
    """Serve on a loopback port; yield the address."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.so_reuseport", 0)]
    )
    sqlflow_pb2_grpc.add_SQLFlowServicer_to_server(servicer, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield f"127.0.0.1:{bound}"
    finally:
        server.stop(0).wait()
