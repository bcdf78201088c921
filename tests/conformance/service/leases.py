"""Fetch leases: a job that nobody reads any more is ended, if it asked for that."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript, seconds, until
from tests.conformance.service.endings import ending

if TYPE_CHECKING:
    from tests.conformance.service.jobs import Jobs
    from tests.conformance.service.services import Service

LEASE = 3.0


def listed(service: Service) -> dict[str, pb.Job]:
    """Return where the jobs are. To list a job is not to read it."""
    request = pb.ListJobsRequest(page_size=500)
    return {job.id: job for job in service.stub.ListJobs(request, timeout=PATIENCE).jobs}


def is_running(transcript: Transcript) -> bool:
    """Whether a job runs, as its reader knows; a record may be there before its job says so."""
    return transcript.job.status == pb.RUNNING


class TestLeases:
    """Jobs that are read, and jobs that are not."""

    def test_a_job_that_nobody_reads_is_cancelled_and_one_without_a_lease_is_not(
        self, service: Service, jobs: Jobs
    ) -> None:
        last = until(
            lambda: (it := listed(service))[jobs.unread].status == pb.CANCELLED and it,
            "the lease is over",
        )

        assert last[jobs.unread].reason == "LeaseExpired"
        assert last[jobs.detached].status in (pb.PENDING, pb.RUNNING)
        assert ending(service.server.read(jobs.unread)) == ("Cancelled", "LeaseExpired")

    def test_a_job_goes_on_while_it_is_read_from_any_server(self, service: Service) -> None:
        gate = service.gate()
        job = service.run(gate.select(), fetch_lease=seconds(LEASE))
        servers, transcript = itertools.cycle([service.server, service.second]), Transcript()
        begin = time.monotonic()
        while time.monotonic() < begin + 2 * LEASE:
            next(servers).fetch(job, transcript, wait=seconds(LEASE / 4))
        service.server.read_until(job, transcript, is_running, wait=seconds(0.5))

        gate.open()
        assert service.server.read(job, transcript).job.status == pb.SUCCEEDED

    def test_a_fetch_that_waits_keeps_the_lease(self, service: Service) -> None:
        gate = service.gate()
        job = service.run(gate.select(), fetch_lease=seconds(LEASE))
        transcript, waited, wait = Transcript(), 0.0, 1.5 * LEASE
        while waited < wait - 0.1:  # What a job does as it starts ends a wait early.
            begin = time.monotonic()
            service.server.fetch(job, transcript, wait=seconds(wait))
            waited = time.monotonic() - begin

        service.server.read_until(job, transcript, is_running, wait=seconds(0.5))
        gate.open()
        assert service.server.read(job, transcript).job.status == pb.SUCCEEDED

    def test_to_ask_where_a_job_is_keeps_its_lease(self, service: Service) -> None:
        gate = service.gate()
        job = service.run(gate.select(), fetch_lease=seconds(LEASE))
        begin = time.monotonic()
        while time.monotonic() < begin + 2 * LEASE:
            assert service.job(job).status in (pb.PENDING, pb.RUNNING)
            time.sleep(LEASE / 10)
