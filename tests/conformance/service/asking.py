"""What there is, and what would be: Run, GetJob, ListJobs, Plan."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, seconds
from tests.conformance.service.jobs import TYPED

if TYPE_CHECKING:
    from tests.conformance.server_processes import ServerProcess
    from tests.conformance.service.jobs import Jobs
    from tests.conformance.service.services import Service


OTHERS = {
    "program": "SELECT 2 AS a",
    "data_source": "{}_other",
    "execution": pb.SEQUENTIAL,
    "working_directory": "/",
    "fetch_lease": seconds(600),
    "deadline": seconds(61),
}
"""What may make one request another, and another value of it; ``{}`` is the value before."""


class TestAsking:
    """Calls that read nothing of what a job says."""

    def test_a_job_is_found_by_its_id(self, service: Service, jobs: Jobs) -> None:
        last = service.server.read(jobs.typed).job

        assert service.job(jobs.typed) == last
        assert (last.id, last.status, last.reason) == (jobs.typed, pb.SUCCEEDED, "")
        assert [s.kind for s in last.steps] == ["standard"] * 3
        assert [s.status for s in last.steps] == [pb.SUCCEEDED] * 3

    def test_a_job_is_found_by_its_monitor_url(self, service: Service, jobs: Jobs) -> None:
        url = service.job(jobs.typed).monitor_url

        assert url == service.link(service.job(jobs.typed))
        assert service.job(url).id == jobs.typed
        assert service.server.read(url).entries == service.server.read(jobs.typed).entries

    def test_the_url_that_run_gives_is_the_one_that_the_job_keeps(self, service: Service) -> None:
        request = pb.RunRequest(program="SELECT 1 AS a", data_source=service.database())

        job = service.stub.Run(request, timeout=PATIENCE).job

        assert job.monitor_url == service.link(job)
        assert service.server.read(job.id).job.monitor_url == job.monitor_url

    def test_jobs_are_listed_newest_first(self, service: Service, jobs: Jobs) -> None:
        service.server.read(jobs.typed)  # It is some seconds old, then.
        newer = service.run("SELECT 1 AS a")
        listed = service.listed()

        assert listed.index(newer) < listed.index(jobs.typed)
        ages = [service.job(job).created.ToNanoseconds() for job in listed]
        assert ages == sorted(ages, reverse=True)

    def test_small_pages_list_the_same_jobs_as_large_ones(
        self, service: Service, jobs: Jobs
    ) -> None:
        whole = service.listed()

        assert jobs.typed in whole
        assert service.listed(page_size=2) == whole
        assert len(set(whole)) == len(whole)

    def test_jobs_are_listed_without_their_statements(self, service: Service, jobs: Jobs) -> None:
        page = service.stub.ListJobs(pb.ListJobsRequest(page_size=2), timeout=PATIENCE)

        assert [len(job.steps) for job in page.jobs] == [0, 0]
        assert page.next_page_token

    def test_jobs_are_listed_by_status(self, service: Service, jobs: Jobs) -> None:
        for job in (jobs.typed, jobs.failed):
            service.server.read(job)

        for status, job, other in (
            (pb.SUCCEEDED, jobs.typed, jobs.failed),
            (pb.FAILED, jobs.failed, jobs.typed),
        ):
            listed = service.listed(statuses=[status])
            assert job in listed
            assert other not in listed

    def test_requests_with_one_key_at_two_servers_make_one_job(self, service: Service) -> None:
        data_source = service.database()
        servers = itertools.cycle([service.server, service.second])

        def run(server: ServerProcess) -> str:
            return server.run("SELECT 1 AS a", data_source=data_source, idempotency_key="once")

        before = service.listed()
        with ThreadPoolExecutor(6) as pool:
            ids = set(pool.map(run, itertools.islice(servers, 6)))

        assert len(ids) == 1
        assert set(service.listed()) - set(before) == ids

    @pytest.mark.parametrize("field", OTHERS)
    def test_a_key_that_stands_for_another_request_is_refused(
        self, service: Service, request: pytest.FixtureRequest, field: str
    ) -> None:
        key, source = request.node.name, service.database()
        common: dict[str, Any] = {
            "program": "SELECT 1 AS a",
            "data_source": source,
            "deadline": seconds(60),
        }
        job = service.server.run(**common, idempotency_key=key)
        other = OTHERS[field]
        if isinstance(other, str):
            other = other.format(source)

        with pytest.raises(grpc.RpcError) as caught:
            service.server.run(**{**common, field: other}, idempotency_key=key)

        assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
        assert caught.value.details() == (
            f"the idempotency key was used before, for another program: job {job}"
        )

    def test_plan_tells_what_run_would_do_and_runs_nothing(self, service: Service) -> None:
        before = service.listed()
        request = pb.PlanRequest(program=TYPED, data_source=service.database())

        plan = service.stub.Plan(request, timeout=PATIENCE)

        assert [s.id for s in plan.statements] == ["s01-create", "s02-insert", "s03-select"]
        assert [(s.line, s.column) for s in plan.statements] == [(2, 1), (3, 1), (4, 1)]
        assert [[d.id for d in s.after] for s in plan.statements] == [
            [],
            ["s01-create"],
            ["s02-insert"],
        ]
        assert plan.dialect == service.dialect
        assert service.listed() == before
