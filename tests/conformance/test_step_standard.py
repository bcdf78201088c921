"""Standard SQL on DuckDB, through a step of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import pytest

from sqlflow.plan.program import Kind, Statement
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Event
from tests.conformance.step_processes import Step, peak_memory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


def imported(lines: list[str]) -> set[str]:
    """Return the modules that ``-X importtime`` saw."""
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def test_rows_come_with_their_names_and_types(step):
    step.sql("SELECT 1 AS n, 'Ünïcode 花' AS \"größe\", NULL::TEXT AS nothing, 2.50 AS price")
    outcome = step.run()
    assert outcome.text(Stream.ROW)[0] == (
        '{"columns": [{"name": "n", "type": "int64"}, {"name": "größe", "type": "text"}, '
        '{"name": "nothing", "type": "text"}, {"name": "price", "type": "decimal"}]}'
    )
    assert outcome.text(Stream.ROW)[1] == '[[1,"Ünïcode 花",null,"2.50"]]'


def test_a_query_without_rows_gives_its_header(step):
    step.sql("SELECT 1 AS n WHERE false")
    assert step.run().text(Stream.ROW) == ['{"columns": [{"name": "n", "type": "int64"}]}']


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CREATE TABLE t (n INT)", "OK"),
        ("CREATE TABLE t AS SELECT 1 AS n", "1 row affected"),
        ("CREATE TABLE t AS SELECT * FROM range(3)", "3 rows affected"),
    ],
)
def test_a_statement_without_rows_tells_what_it_changed(step, text, message):
    step.sql(text)
    outcome = step.run()
    assert outcome.status(Event.MESSAGE).text == message
    assert outcome.text(Stream.ROW) == []


def test_session_statements_are_replayed_first(step):
    session = ["CREATE SCHEMA IF NOT EXISTS other", "SET schema = 'other'"]
    step.sql("SELECT current_schema() AS s", session=session)
    assert step.run().table() == [("other",)]


def test_an_error_of_a_replayed_statement_names_it(step):
    step.sql("SELECT 1", session=["USE nowhere"])
    text = step.run().status(Event.ERROR).text
    assert text.endswith("\n(repeating 'USE nowhere', which this one follows)")


def test_the_statement_of_the_given_number_is_executed(step):
    step.program(
        *(
            Statement(id=f"s0{i}-select", index=i, kind=Kind.STANDARD, text=f"SELECT {i}")
            for i in (1, 2, 3)
        )
    )
    step.index = 2
    outcome = step.run()
    assert outcome.table() == [(2,)]
    assert outcome.status(Event.BEGIN).details == {"statement": "s02-select", "kind": "standard"}


def test_frames_are_filled_and_their_rows_keep_their_order(step):
    step.sql("SELECT i, repeat('ü', (i % 50)::INT) AS t FROM range(20000) r(i)")
    outcome = step.run()
    assert outcome.table() == [(i, "ü" * (i % 50)) for i in range(20000)]
    sizes = [len(line) for line in outcome.lines[2:-2]]
    assert max(sizes) <= 8192
    assert sum(sizes) / len(sizes) > 4000  # where the machine is slow, some do not wait to be full


def test_a_cell_larger_than_a_frame_is_cut_and_put_together(step):
    step.sql("SELECT 1 AS n, repeat('花', 100000) AS t UNION ALL SELECT 2, 'small' ORDER BY n")
    outcome = step.run()
    assert outcome.table() == [(1, "花" * 100_000), (2, "small")]
    assert max(map(len, outcome.lines)) <= 8192


def test_more_rows_than_can_be_shown_are_cut_off_and_that_is_said(step):
    step.sql("SELECT i FROM range(100000) r(i)")
    outcome = step.run(limit=200_000)
    shown = outcome.table()
    assert shown == [(i,) for i in range(len(shown))]
    assert 1000 < len(shown) < 100_000
    assert "CREATE TABLE … AS SELECT …" in outcome.status(Event.TRUNCATED).text
    assert outcome.ending()["phase"] == "Succeeded"


def test_an_endless_query_ends_when_no_more_can_be_shown(step):
    step.sql("SELECT i FROM range(1000000000000) r(i)")
    outcome = step.run(limit=200_000)
    assert outcome.ending()["phase"] == "Succeeded"


def test_what_a_statement_writes_is_written_though_its_rows_can_not_be_shown(step):
    with duckdb.connect(str(step.folder / "test.duckdb")) as database:
        database.execute("CREATE TABLE t (i BIGINT)")
    step.sql("INSERT INTO t SELECT * FROM range(100000) RETURNING i", writes=["table t"])
    outcome = step.run(limit=200_000)
    assert len(outcome.statuses(Event.TRUNCATED)) == 1
    with duckdb.connect(str(step.folder / "test.duckdb"), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM t").fetchall() == [(100_000,)]


def test_memory_does_not_grow_with_the_rows(step):
    step.environment["SQLFLOW_STEP_OUTPUT_LIMIT"] = "0"
    peaks = []
    for count in (100_000, 1_000_000):
        step.sql(f"SELECT i, 'row ' || i AS t FROM range({count}) r(i)")
        running = step.start()
        # More rows than fit the pipes are still to come, so both processes are there.
        running.read_until(lambda frame, last=count - 50_000: f"[{last}," in frame.text)
        peaks.append(peak_memory(running.process.pid))
        running.finish()
    parent, child = (more - less for less, more in zip(*peaks, strict=True))
    assert parent < 2 * 1024  # KiB; the frames would take 20 MiB
    assert child < 16 * 1024  # the rows would take 150 MiB


def test_a_step_on_standard_sql_loads_no_library_but_the_driver(step):
    step.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    step.sql("SELECT 1 AS n, DATE '2020-02-29' AS d, 1.5::DECIMAL(4,2) AS p")
    outcome = step.run()
    assert len(outcome.table()) == 1
    modules = imported(outcome.text(Stream.STDERR))
    assert "duckdb" in modules
    heavy = (
        "google grpc matplotlib numpy pandas pyarrow pydantic scipy sklearn skops sqlglot xgboost "
        "sqlflow.ml sqlflow.sql sqlflow.attributes sqlflow.client sqlflow.v1 asyncio ssl"
    )
    assert modules.isdisjoint(heavy.split())


def test_the_parent_loads_the_standard_library_and_little_of_it(step):
    step.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    step.sql("SELECT 1")
    modules = imported(step.run().stderr.splitlines())
    assert {"sqlflow.step.following", "json", "signal"} <= modules
    ours = {name for name in modules if re.match(r"sqlflow\b", name)}
    assert {
        name for name in ours if not re.match(r"sqlflow(\.step|\.wire|\.lazy$|$)", name)
    } == set()
    assert modules.isdisjoint({"subprocess", "threading", "ctypes", "logging", "socket", "duckdb"})
    assert modules.isdisjoint({"dataclasses", "inspect", "pathlib"})  # half of a start, with them
    assert len(modules) < 100


def test_the_childs_start_comes_before_all_that_the_parent_can_put_off(step):
    step.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    step.sql("SELECT 1")
    lines = step.run().stderr.splitlines()
    order = [line.rpartition("|")[2].strip() for line in lines]
    before = order[: order.index("sqlflow.step.launching")]
    assert {"typing", "json", "dataclasses", "re"}.isdisjoint(before)
