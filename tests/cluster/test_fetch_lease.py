"""Fetch leases: a job that nobody reads any more is ended, by whichever operator there is then."""

from __future__ import annotations

import itertools
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration

from sqlflow.v1 import sqlflow_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground
    from tests.conformance.server_processes import ServerProcess

LEASE = 6
LONG = "SELECT SLEEP(600)"
PATIENCE = 45.0
PAUSE = 0.25


def listed(server: ServerProcess) -> dict[str, pb.Job]:
    """Return where the jobs are. To list a job is not to read it."""
    return {job.id: job for job in server.stub.ListJobs(pb.ListJobsRequest()).jobs}


def renewed(cluster: Cluster, namespace: Playground, job: str) -> datetime:
    """Return when a job was last written down as read."""
    where = (f"--namespace={namespace.name}", f"leases/{job}", "--output=json")
    lease: Any = json.loads(cluster.kubectl.run("get", *where))
    return datetime.fromisoformat(lease["spec"]["renewTime"])


def read_in_turn(
    pair: list[ServerProcess], job: str, until: Callable[[], bool], see: Callable[[], None]
) -> None:
    """Read a job from two servers by turns until something is so, and look around each time."""
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline, listed(pair[0])
        for server in pair:
            server.stub.Fetch(pb.FetchRequest(job=job, wait=Duration()))
            see()
            time.sleep(PAUSE)


def test_a_job_ends_when_nobody_reads_it_and_goes_on_as_long_as_somebody_does(
    cluster, replicas, namespace, operators, dsn
):
    """The operator is killed on the way: what it knows of leases is nothing that it needs."""
    pair = [replicas.start(), replicas.start()]
    lease = Duration(seconds=LEASE)
    unread, read = (pair[0].run(LONG, data_source=dsn, fetch_lease=lease) for _ in range(2))
    detached = pair[0].run(LONG, data_source=dsn)
    began, seen = time.monotonic(), []

    def restart_operator_once() -> None:
        seen.append(renewed(cluster, namespace, read))
        if len(operators.started) == 1 and time.monotonic() > began + LEASE / 2:
            operators.end()
            operators.start()

    def unread_is_over_and_read_would_be() -> bool:
        late = time.monotonic() > began + 2 * LEASE
        return late and listed(pair[0])[unread].status == pb.CANCELLED

    pair[0].stub.GetJob(pb.GetJobRequest(job=read))
    time.sleep(PAUSE)
    read_in_turn(pair, read, unread_is_over_and_read_would_be, restart_operator_once)

    assert len(operators.started) == 2
    ended = listed(pair[0])
    assert ended[unread].reason == "LeaseExpired"
    assert ended[unread].message == (
        f"Nobody has read the job for {LEASE} seconds, its fetchLeaseSeconds."
        " A job that is to go on unread has to be made without a lease"
    )
    assert ended[read].status in (pb.PENDING, pb.RUNNING)
    writes = sorted(set(seen))
    assert len(writes) > 2
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(writes)]
    assert min(gaps) >= LEASE / 3

    reader_left, deadline = time.time(), time.monotonic() + PATIENCE
    while listed(pair[1])[read].status != pb.CANCELLED:
        assert time.monotonic() < deadline, listed(pair[1])[read]
        time.sleep(PAUSE)
    last = listed(pair[1])
    assert last[read].reason == "LeaseExpired"
    assert last[read].finished.seconds >= int(reader_left + LEASE - 1)
    assert last[detached].status in (pb.PENDING, pb.RUNNING)
    assert renewed(cluster, namespace, read) == writes[-1]
