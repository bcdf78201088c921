"""What the suite needs of a service: two servers of the same jobs, a data source, gates.

The suite is :mod:`tests.conformance.service`, a class of tests for each subject. Whoever runs it
has a fixture ``service`` of its own and imports the rest: see the two modules ``test_service.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.server_processes import ServerProcess


class Gate(Protocol):
    """Holds a statement until the test opens it."""

    def select(self) -> str:
        """Return a query that ends once the gate is open, with one row, 42, in the column x."""

    def wait(self) -> None:
        """Wait until a statement waits."""

    def open(self) -> None:
        """Let the statement go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service under test.

    Attributes:
        server: which nobody ends.
        second: another in front of the same jobs, which a test may kill, and starts again.
        dialect: of the data source.
        database: returns a data source in which a new job waits for no other.
        gate: makes a gate.
        link: returns the monitor URL that a job is to have.
    """

    server: ServerProcess
    second: ServerProcess
    dialect: str
    database: Callable[[], str]
    gate: Callable[[], Gate]
    link: Callable[[pb.Job], str]

    @property
    def stub(self) -> Any:
        """Return the calls of the first server."""
        return self.server.stub

    def run(self, program: str, **fields: Any) -> str:
        """Submit a program; return the job's id."""
        return self.server.run(program, **{"data_source": self.database(), **fields})

    def job(self, job: str) -> pb.Job:
        """Return a job's snapshot, by its id or its address."""
        snapshot: pb.Job = self.stub.GetJob(pb.GetJobRequest(job=job), timeout=PATIENCE)
        return snapshot

    def listed(self, **fields: Any) -> list[str]:
        """Return the ids of the jobs that are listed, of all pages."""
        ids: list[str] = []
        token = ""
        while True:
            request = pb.ListJobsRequest(page_token=token, **fields)
            page = self.stub.ListJobs(request, timeout=PATIENCE)
            ids += [job.id for job in page.jobs]
            token = page.next_page_token
            if not token:
                return ids
