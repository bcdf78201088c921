"""The client: submit a program, read its transcript while it runs, from anywhere.

::

    from sqlflow.client import Client

    with Client("localhost:50051") as client:
        job = client.run("SELECT 1 AS one;")
        for event in job.events():
            print(event)
        print(job.result().table.rows)

Generated from sqlflow/client/aio.py by `make codegen`; nothing by hand.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

import grpc

from sqlflow.client import connecting, reading, requests, results, snapshots
from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.v1 import sqlflow_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from google.protobuf.message import Message

    from sqlflow.client import events
    from sqlflow.client.logins import Login
    from sqlflow.client.requests import Seconds
    from sqlflow.client.results import Result
    from sqlflow.client.snapshots import JobSnapshot, JobStatus
    from sqlflow.plan.program import Program, Warn


class Client:
    """A connection to one server, used from any thread.

    Args:
        address: ``HOST:PORT``; by default what the environment variable SQLFLOW_SERVER says.
        connect_for: seconds in which a server that has never answered may come up.
        retry_for: seconds in which a server that has answered before may be away. Requests are
            repeated meanwhile, so a restart of the server is not noticed.
        login: who one is, and whom one trusts; by default what the environment says, see
            :mod:`sqlflow.client.logins`.

    Every method may raise UnavailableError, when this patience is over, and what the server
    answers with, as one of the classes of :mod:`sqlflow.errors`.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        connect_for: float = connecting.CONNECT_FOR,
        retry_for: float = connecting.RETRY_FOR,
        login: Login | None = None,
    ) -> None:
        self._endpoint = connecting.Endpoint(
            address, login, connect_for=connect_for, retry_for=retry_for
        )
        self._channel = self._endpoint.open(grpc.insecure_channel, grpc.secure_channel)
        self._stub = sqlflow_pb2_grpc.SQLFlowStub(self._channel)  # type: ignore[no-untyped-call]  # generated

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Jobs go on."""
        self._channel.close()

    @property
    def server(self) -> str:
        """The server, as ``HOST:PORT``."""
        return self._endpoint.server

    def run(
        self,
        program: str | bytes,
        *,
        data_source: str = "",
        idempotency_key: str = "",
        sequential: bool = False,
        fetch_lease: Seconds | None = None,
        deadline: Seconds | None = None,
    ) -> Job:
        """Start a program as a job. Returns when the server has it safe; nothing need have run.

        Args:
            program: its text.
            data_source: DSN; empty: the server's default.
            idempotency_key: two runs with one key make one job; made up if empty.
            sequential: run one statement at a time, also where they do not need each other.
            fetch_lease: the job is cancelled when nobody has read from it for so long.
            deadline: the job is ended when it has run for so long.

        Raises:
            ProgramError: the program can't be run; names the place of each problem.
            JobConflictError: the key was used for another program.
        """
        request = requests.run_request(
            program,
            data_source=data_source,
            idempotency_key=idempotency_key,
            sequential=sequential,
            fetch_lease=fetch_lease,
            deadline=deadline,
            working_directory=self._endpoint.working_directory(),
        )
        response = self._call("Run", request)
        return Job(self, snapshots.job_from_proto(response.job), requests.warnings_of(response))

    def attach(self, job: str) -> Job:
        """Return a job that was started before, by its id or monitor URL.

        Raises:
            JobNotFoundError: there is none, or it is somebody else's.
        """
        return Job(self, self.status(job))

    def status(self, job: str) -> JobSnapshot:
        """Return where a job is, by its id or monitor URL."""
        response = self._call("GetJob", pb.GetJobRequest(job=job))
        return snapshots.job_from_proto(response)

    def cancel(self, job: str, *, immediate: bool = False) -> JobSnapshot:
        """End a job; ``immediate`` gives its processes no time to end by themselves."""
        request = pb.CancelRequest(job=job, immediate=immediate)
        return snapshots.job_from_proto(self._call("Cancel", request))

    def jobs(self, *, statuses: Collection[JobStatus] = ()) -> Iterator[JobSnapshot]:
        """Yield the jobs that the server knows, the newest first, without their steps."""
        token: str | None = ""
        while token is not None:
            page = self._call("ListJobs", requests.jobs_request(token, statuses))
            for job in page.jobs:
                yield snapshots.job_from_proto(job)
            token = page.next_page_token or None

    def plan(
        self, program: str | bytes, *, data_source: str = "", sequential: bool = False
    ) -> Program:
        """Return what :meth:`run` would do with a program; nothing is run."""
        request = requests.plan_request(program, data_source=data_source, sequential=sequential)
        return requests.program_of(self._call("Plan", request))

    def _call(self, method: str, request: Message) -> Any:
        attempts = self._endpoint.attempts()
        while True:
            try:
                answer = getattr(self._stub, method)(
                    request,
                    timeout=requests.timeout_of(request),
                    metadata=self._endpoint.metadata(),
                )
            except grpc.RpcError as error:
                time.sleep(attempts.delay_after(error))
            else:
                self._endpoint.reached = True
                return answer


class Job:
    """A job on a server.

    Attributes:
        id: its id.
        snapshot: as it was when this was made; :meth:`status` asks anew.
        monitor_url: where a person can look at it; also names it to :meth:`Client.attach`.
        warnings: what the plan of its program warned of; empty if it was attached to.
    """

    def __init__(
        self, client: Client, snapshot: JobSnapshot, warnings: tuple[Warn, ...] = ()
    ) -> None:
        self.id = snapshot.id
        self.monitor_url = snapshot.monitor_url
        self.warnings = warnings
        self._client = client
        self.snapshot = snapshot

    def __repr__(self) -> str:
        return f"<Job {self.id} at {self._client.server}>"

    def events(self) -> Iterator[events.Event]:
        """Yield all that the job says, from its beginning to its end, as it comes.

        Memory does not grow with it. It may be called again, and by several at once.
        """
        place = reading.Reading(self.id)
        while not place.done:
            page = self._client._call("Fetch", place.request())  # noqa: SLF001  # its other half
            yield from place.feed(page)

    def result(self, *, check: bool = True) -> Result:
        """Wait for the end and return all that the job said.

        Args:
            check: whether a job that did not succeed is an error.

        Raises:
            JobFailedError: it failed or was cancelled; says which statement and why.
        """
        gatherer = results.Gatherer(self.snapshot)
        for event in self.events():
            gatherer.add(event)
        result = gatherer.result()
        if check:
            result.raise_for_status()
        return result

    def status(self) -> JobSnapshot:
        """Return where the job is now."""
        return self._client.status(self.id)

    def cancel(self, *, immediate: bool = False) -> JobSnapshot:
        """End the job; ``immediate`` gives its processes no time to end by themselves."""
        return self._client.cancel(self.id, immediate=immediate)
