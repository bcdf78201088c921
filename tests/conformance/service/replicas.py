"""Servers of the same jobs: what one began, another goes on with, also after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript

if TYPE_CHECKING:
    from tests.conformance.service.jobs import Jobs
    from tests.conformance.service.services import Service


class TestReplicas:
    """Two servers in front of the same jobs."""

    def test_two_servers_continue_each_others_tokens(self, service: Service, jobs: Jobs) -> None:
        servers = [service.server, service.second]
        transcript = Transcript()
        while not transcript.end:
            server = servers[transcript.pages % 2]
            server.fetch(jobs.wide, transcript, max_bytes=8192)

        assert transcript.pages > 20
        assert transcript.entries == service.server.read(jobs.wide).entries

    def test_a_second_server_tells_the_same_of_a_job(self, service: Service, jobs: Jobs) -> None:
        job = service.server.read(jobs.failed).job
        request = pb.GetJobRequest(job=jobs.failed)

        assert _anywhere(service.second.stub.GetJob(request, timeout=PATIENCE)) == _anywhere(job)

    def test_a_token_is_valid_after_its_server_was_killed_and_started_anew(
        self, service: Service, jobs: Jobs
    ) -> None:
        whole = service.server.read(jobs.wide)
        transcript = Transcript()
        while not transcript.entries:
            service.second.fetch(jobs.wide, transcript, max_bytes=1)
        assert not transcript.end

        service.second.restart()

        assert service.second.read(jobs.wide, transcript).entries == whole.entries

    def test_a_job_that_runs_loses_nothing_by_the_death_of_a_server(
        self, service: Service, jobs: Jobs
    ) -> None:
        jobs.waiting.gate.wait()
        transcript = Transcript()
        service.second.read_until(jobs.waiting.job, transcript, lambda t: t.statuses(2))
        seen = list(transcript.entries)

        service.second.restart()
        again = Transcript()
        service.second.read_until(jobs.waiting.job, again, lambda t: t.statuses(2))

        assert again.entries == seen


def _anywhere(job: pb.Job) -> pb.Job:
    """Return a snapshot without its link, where that names the server that was asked."""
    copy = pb.Job()
    copy.CopyFrom(job)
    copy.ClearField("monitor_url")
    return copy
