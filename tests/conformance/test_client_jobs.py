"""The Python client against a real server."""

from __future__ import annotations

import datetime as dt
import decimal
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sqlflow import errors
from sqlflow.client import AsyncClient, Client, JobStatus, events
from sqlflow.plan.program import Kind
from sqlflow.wire.rows import Type
from tests import memory
from tests.conformance.server_processes import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.server_processes import Gate, ServerProcess


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    with Client(server.address) as client:
        yield client


TYPES = """SELECT
    true AS a_bool, 9007199254740993::BIGINT AS an_int, 0.1::DOUBLE AS a_double,
    12.50::DECIMAL(9, 2) AS a_decimal, 'ä''☃' AS a_text, '\\x00\\xFF'::BLOB AS some_bytes,
    DATE '2026-11-22' AS a_date, TIME '01:02:03.000004' AS a_time,
    TIMESTAMP '2026-11-22 01:02:03.000004' AS a_timestamp,
    TIMESTAMPTZ '2026-11-22 01:02:03+00' AS a_timestamptz, NULL::INTEGER AS a_null
"""


def test_values_come_back_with_their_types(client: Client) -> None:
    table = client.run(TYPES).result().table
    (row,) = table.rows
    assert row[:9] == (
        True,
        9007199254740993,
        0.1,
        decimal.Decimal("12.50"),
        "ä'☃",
        b"\x00\xff",
        dt.date(2026, 11, 22),
        dt.time(1, 2, 3, 4),
        dt.datetime(2026, 11, 22, 1, 2, 3, 4),  # noqa: DTZ001  # without zone, as the column is
    )
    assert row[9] == dt.datetime(2026, 11, 22, 1, 2, 3, tzinfo=dt.UTC)
    assert row[10] is None
    assert str(row[3]) == "12.50"
    assert [c.type for c in table.columns[:4]] == [
        Type.BOOL,
        Type.INT64,
        Type.DOUBLE,
        Type.DECIMAL,
    ]
    assert table.to_arrow().column("a_decimal").to_pylist() == [decimal.Decimal("12.50")]
    assert table.to_dataframe()["an_int"][0] == 9007199254740993


def test_events_come_while_the_job_runs(client: Client, gate: Gate) -> None:
    many = client.run(f"CREATE TABLE t AS SELECT 1; {gate.select()}", sequential=True).events()
    message = next(e for e in many if isinstance(e, events.Message))
    assert message.step == 1
    gate.open()  # only now can the second statement end
    assert any(isinstance(e, events.Rows) and e.rows == [(42,)] for e in many)


def test_the_story_of_a_statement(client: Client) -> None:
    first, *_, last = [
        e for e in client.run("SELECT 1 AS a").events() if not isinstance(e, events.JobChanged)
    ]
    assert first == events.StepStarted(step=1, statement="s01-select", kind="standard")
    assert isinstance(last, events.JobEnded)
    assert last.phase == "Succeeded"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_server_that_is_killed_and_started_again_is_not_noticed(
    make_server: Callable[..., ServerProcess], gate: Gate
) -> None:
    server = make_server(listen=f"127.0.0.1:{free_port()}")
    with Client(server.address) as client:
        job = client.run(f"SELECT range AS n FROM range(3); {gate.select()}; SELECT 'end' AS e")
        results: list[Any] = []
        reader = threading.Thread(target=lambda: results.append(job.result()))
        reader.start()
        gate.wait()
        server.restart()
        gate.open()
        reader.join(60)
        assert [t.rows for t in results[0].tables] == [[(0,), (1,), (2,)], [(42,)], [("end",)]]
        assert job.result().tables[0].rows == [(0,), (1,), (2,)]


async def test_the_asynchronous_client_reads_two_jobs_at_once(server: ServerProcess) -> None:
    async with AsyncClient(server.address) as client:
        jobs = [await client.run(f"SELECT {n} AS n") for n in (1, 2)]
        assert [(await job.result()).table.rows for job in jobs] == [[(1,)], [(2,)]]


def test_two_runs_with_one_key_are_one_job(client: Client) -> None:
    first = client.run("SELECT 1", idempotency_key="k")
    assert client.run("SELECT 1", idempotency_key="k").id == first.id
    with pytest.raises(errors.JobConflictError):
        client.run("SELECT 2", idempotency_key="k")
    first.result()


def test_a_wrong_program_has_its_problems_with_their_places(client: Client) -> None:
    with pytest.raises(errors.ProgramError) as caught:
        client.run("SELECT 1;\nSELECT * FROM t TO TRIAN x INTO m")
    (problem,) = caught.value.problems
    assert (problem.statement, problem.line, problem.column) == (2, 2, 20)
    assert problem.snippet == "SELECT * FROM t TO TRIAN x INTO m"


def test_what_is_not_executed_yet_is_told_apart(client: Client) -> None:
    with pytest.raises(errors.NotSupportedError, match="not supported yet"):
        client.run("SELECT * FROM t TO RUN image CMD 'x'")


def test_a_failed_job_says_why(client: Client) -> None:
    with pytest.raises(errors.JobFailedError, match="Table with name nowhere does not exist"):
        client.run("SELECT * FROM nowhere").result()


def test_a_job_is_cancelled(client: Client, gate: Gate) -> None:
    job = client.run(gate.select())
    gate.wait()
    job.cancel()
    result = job.result(check=False)
    assert result.job.status is JobStatus.CANCELLED
    with pytest.raises(errors.JobFailedError, match="was cancelled on request"):
        result.raise_for_status()


def test_a_job_that_nobody_reads_is_cancelled_when_its_lease_ends(
    client: Client, server: ServerProcess, gate: Gate
) -> None:
    job = client.run(gate.select(), fetch_lease=1)
    supervisor = server.supervisor(job.id)
    until(lambda: not alive(supervisor), "the job is over")
    assert job.status().reason == "LeaseExpired"


def alive(pid: int) -> bool:
    from pathlib import Path

    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_job_is_found_again_by_id_and_url(client: Client, server: ServerProcess) -> None:
    job = client.run("SELECT 3 AS n")
    job.result()
    assert job.monitor_url == f"sqlflow://{server.address}/jobs/{job.id}"
    for name in (job.id, job.monitor_url):
        assert client.attach(name).result().table.rows == [(3,)]
    assert [j.id for j in client.jobs(statuses=[JobStatus.SUCCEEDED])] == [job.id]
    assert list(client.jobs(statuses=[JobStatus.FAILED])) == []


def test_an_unknown_job_is_not_found(client: Client) -> None:
    with pytest.raises(errors.JobNotFoundError):
        client.attach("j0000000000000000")


def test_a_plan_runs_nothing(client: Client) -> None:
    program = client.plan("CREATE TABLE t AS SELECT 1 AS a; SELECT * FROM t")
    assert program.dialect == "duckdb"
    assert [s.kind for s in program.statements] == [Kind.STANDARD, Kind.STANDARD]
    assert program.statements[1].after[0].id == "s01-create"
    assert list(client.jobs()) == []


def test_a_statement_that_cannot_be_analysed_is_warned_of(client: Client) -> None:
    job = client.run("SELECT 1;\nALTER DATABASE")
    (warning,) = job.warnings
    assert (warning.statement, warning.line) == (2, 2)
    assert "runs as it stands" in warning.message
    with pytest.raises(errors.JobFailedError, match="Parser Error"):
        job.result()


def test_many_rows_are_read_in_flat_memory(make_server: Callable[..., ServerProcess]) -> None:
    server = make_server(step_output_limit=0)
    with Client(server.address) as client:
        job = client.run("SELECT range AS n, repeat('x', 90) AS t FROM range(200000)")
        total, peak = memory.peak(
            lambda: sum(len(e.rows) for e in job.events() if isinstance(e, events.Rows))
        )
    assert total == 200_000
    assert peak < 16 * 1024 * 1024  # they weigh more than that together
