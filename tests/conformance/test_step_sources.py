"""A step and its data source: which one, whose turn it is, and no word of its password."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Event
from tests.conformance.step_processes import Step

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


def refused(step: Step) -> str:
    outcome = step.run()
    assert outcome.ending()["reason"] == "DATA_SOURCE"
    assert outcome.exit_code == 1
    assert outcome.text(Stream.STDERR) == []
    return outcome.status(Event.ERROR).text


def test_a_step_without_a_data_source_says_so(step):
    step.sql("SELECT 1")
    del step.environment["SQLFLOW_DATA_SOURCE_FILE"]
    assert refused(step) == "no data source: SQLFLOW_DATA_SOURCE_FILE is not set"


def test_a_data_source_that_can_not_be_read_is_told(step):
    step.sql("SELECT 1")
    (step.folder / "dsn").unlink()
    assert refused(step) == (
        "the data source can't be read from SQLFLOW_DATA_SOURCE_FILE: No such file or directory"
    )


def test_a_program_for_another_engine_is_refused_before_anything_runs(step):
    step.sql("CREATE TABLE t (n INT)")
    step.dsn("mysql://root:geheim7@127.0.0.1:1/db")
    assert refused(step) == "the program was planned for duckdb, but the data source is mysql"


def test_a_relative_file_name_is_relative_to_the_jobs_directory(step):
    step.sql("CREATE TABLE t (n INT)")
    step.dsn("duckdb:///here.duckdb")
    assert step.run().exit_code == 0
    assert (step.folder / "here.duckdb").exists()


def test_no_frame_holds_the_password(step):
    step.dsn("mysql://root:geheim7@127.0.0.1:1/db")
    step.code(
        """
        from sqlflow.errors import StatementError
        report.message("connecting as root with geheim7")
        raise StatementError("access denied for root with 'geheim7'")
        """,
        dialect="mysql",
    )
    outcome = step.run()
    assert outcome.status(Event.ERROR).text == "access denied for root with '***'"
    assert not any(b"geheim7" in line for line in outcome.lines)
    assert b"geheim7" not in (step.folder / "termination").read_bytes()


def test_no_traceback_holds_the_password(step):
    step.dsn("mysql://root:geheim7@127.0.0.1:1/db")
    step.code("raise RuntimeError('mysql://root:geheim7@127.0.0.1')", dialect="mysql")
    outcome = step.run()
    assert outcome.status(Event.ERROR).text == "RuntimeError: mysql://root:***@127.0.0.1"
    assert outcome.text(Stream.STDERR)[-1] == "RuntimeError: mysql://root:***@127.0.0.1"
    assert not any(b"geheim7" in line for line in outcome.lines)


HOLDER = """
import pathlib, sys
from sqlflow import databases
dsn = databases.DSN.parse("duckdb:///test.duckdb", directory=pathlib.Path.cwd())
with databases.connect(dsn):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_step_that_waits_for_a_duckdb_file_says_for_whom_and_then_runs(step):
    with subprocess.Popen(
        [sys.executable, "-P", "-c", HOLDER],
        cwd=step.folder,
        env={**step.environment, "SQLFLOW_JOB": "early", "SQLFLOW_STEP": "s02-train"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        step.sql("SELECT 1 AS n")
        running = step.start()
        running.read_until(lambda frame: "waiting for test.duckdb" in frame.text)
        holder.stdin.close()
        outcome = running.finish()
    (waiting,) = outcome.statuses(Event.MESSAGE)
    assert "step s02-train of job early" in waiting.text
    assert outcome.table() == [(1,)]


def test_a_data_source_in_another_encoding_is_refused_without_showing_it(step):
    step.sql("SELECT 1")
    (step.folder / "dsn").write_bytes("mysql://root:gehéim7@h/db".encode("latin-1"))
    assert refused(step) == "what SQLFLOW_DATA_SOURCE_FILE names is not UTF-8"
