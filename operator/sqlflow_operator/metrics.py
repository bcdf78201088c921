"""What Prometheus is told: counts and times. No name of a job or a user is ever a label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sqlflow import exporting
from sqlflow.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)


class ListenError(UserError):
    """A port can't be had."""


class Metrics:
    """The metrics of one operator."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.looks = Counter(
            "sqlflow_operator_reconciles",
            "Looks at a job, by outcome: ok, conflict (read again) or error (tried again).",
            ("outcome",),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "sqlflow_operator_reconcile_seconds",
            "How long a look at a job took.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.writes = Counter(
            "sqlflow_operator_writes",
            "Writes to the API server, by kind.",
            ("write",),
            registry=self.registry,
        )
        self.ended = Counter(
            "sqlflow_operator_jobs_ended",
            "Jobs that ended, by phase and reason.",
            ("phase", "reason"),
            registry=self.registry,
        )
        self.queued = Gauge(
            "sqlflow_operator_queue_length",
            "Jobs that wait to be looked at, now or at a later time.",
            registry=self.registry,
        )

    def serve(self, address: str, port: int) -> Callable[[], None]:
        """Serve the metrics over HTTP in a thread; return what ends that.

        Raises:
            ListenError: the port is taken, or the address not one of this machine.
        """
        try:
            return exporting.serve(self.registry, address, port)
        except OSError as error:
            raise ListenError(f"can't listen on {address}:{port}: {error.strerror}") from error
