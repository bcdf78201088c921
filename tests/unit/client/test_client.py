"""Both clients against a server that answers by script."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from sqlflow import errors
from sqlflow.client import AsyncClient, Client, JobStatus, events
from sqlflow.v1 import sqlflow_pb2 as pb
from tests.unit.client.pages import header, line, rows, status
from tests.unit.client.servers import Scripted, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNING = pb.Job(id="j1", status=pb.RUNNING, monitor_url="sqlflow://h:1/jobs/j1")
DONE = pb.Job(id="j1", status=pb.SUCCEEDED)
PAGES = [
    pb.Page(
        records=[rows(1, header(("a", "int64"))), line(1, "hel", more=True)],
        token="t1",
        job=RUNNING,
    ),
    pb.Page(records=[], token="t1", job=RUNNING),
    pb.Page(records=[line(1, "lo"), rows(1, [[1], [2]])], token="t2", job=RUNNING),
    pb.Page(records=[status(0, "end", phase="Succeeded")], token="t3", end=True, job=DONE),
]
AWAY = (grpc.StatusCode.UNAVAILABLE, "try later")


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def client(scripted: Scripted) -> Iterator[Client]:
    with serving(scripted) as address, Client(address, connect_for=5, retry_for=5) as client:
        yield client


def a_job(scripted: Scripted) -> None:
    scripted.answers["Run"].append(pb.RunResponse(job=RUNNING))
    scripted.answers["Fetch"].extend(PAGES)


def test_a_result_has_the_rows_of_all_pages(client: Client, scripted: Scripted) -> None:
    a_job(scripted)
    result = client.run("SELECT 1").result()
    assert result.table.rows == [(1,), (2,)]
    assert result.statements[0].lines == ["hello"]
    assert result.job.status is JobStatus.SUCCEEDED


def test_each_fetch_sends_the_token_of_the_page_before(client: Client, scripted: Scripted) -> None:
    a_job(scripted)
    client.run("SELECT 1").result()
    fetches = [r for r in scripted.requests if isinstance(r, pb.FetchRequest)]
    assert [r.token for r in fetches] == ["", "t1", "t1", "t2"]
    assert {r.job for r in fetches} == {"j1"}


def test_events_come_before_the_job_is_over(client: Client, scripted: Scripted) -> None:
    scripted.answers["Run"].append(pb.RunResponse(job=RUNNING))
    scripted.answers["Fetch"].append(PAGES[0])  # and no other answer yet
    many = client.run("SELECT 1").events()
    assert isinstance(next(many), events.JobChanged)
    assert isinstance(next(many), events.TableStarted)


async def test_the_asynchronous_client_gives_the_same_events(scripted: Scripted) -> None:
    a_job(scripted)
    a_job(scripted)
    with serving(scripted) as address:
        async with AsyncClient(address) as client:
            job = await client.run("SELECT 1")
            asynchronous = [event async for event in job.events()]
        with Client(address) as blocking:
            assert list(blocking.run("SELECT 1").events()) == asynchronous
    assert len(asynchronous) == 6


async def test_the_asynchronous_client_gathers_and_cancels(scripted: Scripted) -> None:
    a_job(scripted)
    scripted.answers["Cancel"].append(pb.Job(id="j1", status=pb.CANCELLED))
    with serving(scripted) as address:
        async with AsyncClient(address) as client:
            job = await client.run("SELECT 1")
            assert (await job.result()).table.rows == [(1,), (2,)]
            assert (await job.cancel(immediate=True)).status is JobStatus.CANCELLED
    assert scripted.requests[-1] == pb.CancelRequest(job="j1", immediate=True)


def test_a_passing_fault_is_not_noticed(client: Client, scripted: Scripted) -> None:
    scripted.answers["Run"].extend([AWAY, pb.RunResponse(job=RUNNING)])
    scripted.answers["Fetch"].extend([PAGES[0], AWAY, AWAY, *PAGES[1:]])
    assert client.run("SELECT 1").result().table.rows == [(1,), (2,)]
    runs = [r for r in scripted.requests if isinstance(r, pb.RunRequest)]
    assert len({r.idempotency_key for r in runs}) == 1
    fetches = [r for r in scripted.requests if isinstance(r, pb.FetchRequest)]
    assert [r.token for r in fetches] == ["", "t1", "t1", "t1", "t1", "t2"]


def test_a_server_that_goes_and_comes_back_on_its_port_is_not_noticed(scripted: Scripted) -> None:
    a_job(scripted)
    first_page = scripted.answers["Fetch"].popleft()
    rest = list(scripted.answers["Fetch"])
    scripted.answers["Fetch"].clear()
    scripted.answers["Fetch"].append(first_page)
    with serving(scripted) as address:
        client = Client(address)
        many = client.run("SELECT 1").events()
        got = [next(many), next(many)]
    scripted.answers["Fetch"].extend(rest)
    reader = threading.Thread(target=lambda: got.extend(many))
    reader.start()
    with serving(scripted, port=int(address.rpartition(":")[2])):
        reader.join(30)
        client.close()
    assert isinstance(got[-1], events.JobEnded)
    assert [e.text for e in got if isinstance(e, events.Line)] == ["hello"]


def test_a_fault_that_stays_is_an_error_in_the_end(scripted: Scripted) -> None:
    scripted.answers["GetJob"].extend([AWAY] * 100)
    with (
        serving(scripted) as address,
        Client(address, connect_for=0.2) as client,
        pytest.raises(errors.UnavailableError, match=f"server at {address}: try later"),
    ):
        client.status("j1")
    assert 2 <= len(scripted.requests) < 20


def an_address_without_a_server() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_an_unreachable_server_is_named() -> None:
    address = an_address_without_a_server()
    client = Client(address, connect_for=0.2)
    with client, pytest.raises(errors.UnavailableError) as caught:
        client.run("SELECT 1")
    assert str(caught.value).startswith(f"can't reach a server at {address}: Connection refused")


async def test_the_asynchronous_client_names_it_too() -> None:
    address = an_address_without_a_server()
    async with AsyncClient(address, connect_for=0.2) as client:
        with pytest.raises(errors.UnavailableError, match=f"can't reach a server at {address}"):
            await client.run("SELECT 1")


async def test_a_cancelled_task_ends_at_once(scripted: Scripted) -> None:
    async with AsyncClient(an_address_without_a_server(), connect_for=60) as client:
        task = asyncio.ensure_future(client.status("j1"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(task, 0.1)


def test_an_error_of_the_job_is_raised_with_its_reason(client: Client, scripted: Scripted) -> None:
    failed = pb.Job(id="j1", status=pb.FAILED, message="statement 1 failed")
    scripted.answers["Run"].append(pb.RunResponse(job=RUNNING))
    page = pb.Page(
        records=[status(1, "error", "no such table: t"), status(0, "end", phase="Failed")],
        end=True,
        job=failed,
    )
    scripted.answers["Fetch"].extend([page, page])
    job = client.run("SELECT * FROM t")
    with pytest.raises(errors.JobFailedError, match="statement 1: no such table: t"):
        job.result()
    assert job.result(check=False).statements[0].error == events.StepFailed(
        step=1, text="no such table: t"
    )


def test_jobs_are_listed_over_all_pages(client: Client, scripted: Scripted) -> None:
    def page(*ids: str, token: str = "") -> pb.ListJobsResponse:
        return pb.ListJobsResponse(jobs=[pb.Job(id=i) for i in ids], next_page_token=token)

    scripted.answers["ListJobs"].extend([page("a", "b", token="n"), page("c")])
    assert [j.id for j in client.jobs(statuses=[JobStatus.FAILED])] == ["a", "b", "c"]
    first, second = scripted.requests
    assert (first.page_token, second.page_token) == ("", "n")
    assert list(first.statuses) == [pb.FAILED]


def test_attach_finds_the_job_by_its_monitor_url(client: Client, scripted: Scripted) -> None:
    scripted.answers["GetJob"].append(RUNNING)
    job = client.attach("sqlflow://h:1/jobs/j1")
    assert (job.id, job.monitor_url) == ("j1", "sqlflow://h:1/jobs/j1")
    assert scripted.requests == [pb.GetJobRequest(job="sqlflow://h:1/jobs/j1")]


def test_a_server_of_another_kind_is_told_apart(client: Client, scripted: Scripted) -> None:
    scripted.answers["Plan"].append((grpc.StatusCode.UNIMPLEMENTED, "Method not found"))
    with pytest.raises(errors.UserError, match=r"does not speak sqlflow\.v1"):
        client.plan("SELECT 1")


def test_run_tells_where_relative_names_start(
    client: Client, scripted: Scripted, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    a_job(scripted)
    client.run("SELECT 1", data_source="duckdb:///x")
    assert scripted.requests[0].working_directory == str(tmp_path)
    assert scripted.requests[0].data_source == "duckdb:///x"
