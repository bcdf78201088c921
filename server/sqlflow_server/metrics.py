"""What Prometheus is told: counts and times of calls. No user's text is ever a label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sqlflow import exporting
from sqlflow.errors import UnavailableError
from sqlflow_server.settings import split_address

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)


class Metrics:
    """The metrics of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "sqlflow_grpc_calls",
            "Calls that were answered, by method and status code.",
            ("method", "code"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "sqlflow_grpc_call_seconds",
            "How long calls took; that of Fetch holds the time that it waited for news.",
            ("method",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.active = Gauge(
            "sqlflow_grpc_calls_active",
            "Calls that are being served.",
            ("method",),
            registry=self.registry,
        )
        self.reviews = Counter(
            "sqlflow_auth_reviews",
            "Questions who a token is of, or what its user may do, by answer; kept: not asked.",
            ("about", "answer"),
            registry=self.registry,
        )

    def serve(self, address: str) -> Callable[[], None]:
        """Serve the metrics over HTTP in a thread; return what ends that.

        Raises:
            UnavailableError: the address is taken, or not one of this machine.
        """
        host, port = split_address(address)
        try:
            return exporting.serve(self.registry, host, int(port))
        except OSError as error:
            raise UnavailableError(f"can't listen on {address}: {error.strerror}") from error
