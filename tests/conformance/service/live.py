"""A job that runs: what it said so far is there, and who reads on waits for more."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript, seconds, until

if TYPE_CHECKING:
    from tests.conformance.service.jobs import Jobs
    from tests.conformance.service.services import Service


class TestLive:
    """Reading a job that waits at its gate."""

    def test_rows_are_fetched_while_a_later_statement_still_waits(
        self, service: Service, jobs: Jobs
    ) -> None:
        jobs.waiting.gate.wait()
        transcript = Transcript()
        service.server.read_until(jobs.waiting.job, transcript, lambda t: t.texts(pb.ROWS, 1))

        assert transcript.rows(1) == [[1]]
        assert transcript.job.status == pb.RUNNING

    def test_a_snapshot_tells_where_each_statement_is(self, service: Service, jobs: Jobs) -> None:
        jobs.waiting.gate.wait()
        snapshot = until(
            lambda: (it := service.job(jobs.waiting.job)).steps[1].status == pb.RUNNING and it,
            "the second statement is seen to run",
        )

        assert [s.id for s in snapshot.steps] == ["s01-select", "s02-select", "s03-select"]
        assert [s.status for s in snapshot.steps] == [pb.SUCCEEDED, pb.RUNNING, pb.PENDING]
        assert [s.index for s in snapshot.steps] == [1, 2, 3]
        assert [s.attempt for s in snapshot.steps] == [1, 1, 0]
        assert snapshot.steps[0].kind == "standard"
        assert snapshot.steps[0].summary == "SELECT 1 AS a"
        assert snapshot.steps[0].HasField("finished")
        assert snapshot.status == pb.RUNNING
        assert snapshot.HasField("started")
        assert not snapshot.HasField("finished")

    def test_a_fetch_without_news_waits_and_returns_an_empty_page_to_go_on_with(
        self, service: Service, jobs: Jobs
    ) -> None:
        transcript, short = Transcript(), seconds(0.05)
        jobs.waiting.gate.wait()
        service.server.read_until(jobs.waiting.job, transcript, lambda t: t.statuses(2))
        while service.server.fetch(jobs.waiting.job, transcript, wait=short).records:
            pass
        token = transcript.token

        page = service.server.fetch(jobs.waiting.job, transcript, wait=short)

        assert (list(page.records), page.end, page.token) == ([], False, token)

    def test_a_waiting_fetch_is_answered_when_there_is_news(
        self, service: Service, jobs: Jobs
    ) -> None:
        job, gate = jobs.opened.job, jobs.opened.gate
        transcript = Transcript()
        gate.wait()
        service.server.read_until(job, transcript, lambda t: t.statuses(1))
        answers: list[pb.Page] = []

        def wait_for_news() -> None:
            while not (page := service.server.fetch(job, transcript)).records:
                pass
            answers.append(page)

        reader = threading.Thread(target=wait_for_news)
        reader.start()
        gate.open()
        reader.join(PATIENCE)

        assert answers
        assert service.server.read(job, transcript).rows(1) == [[42]]

    def test_running_jobs_are_listed_by_their_status(self, service: Service, jobs: Jobs) -> None:
        jobs.waiting.gate.wait()
        until(lambda: service.job(jobs.waiting.job).status == pb.RUNNING, "it is seen to run")

        assert jobs.waiting.job in service.listed(statuses=[pb.RUNNING])
        assert jobs.waiting.job not in service.listed(statuses=[pb.PENDING, pb.SUCCEEDED])
