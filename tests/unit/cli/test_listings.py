"""Plans and lists of jobs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlflow_cli import listing, planning
from sqlflow_cli.options import Listing

from sqlflow.client.snapshots import JobSnapshot, JobStatus
from sqlflow.plan.program import Edge, Kind, Program, Statement, Warn
from tests.unit.cli.examples import RUNNING, after

if TYPE_CHECKING:
    import pytest

LONG = "SELECT " + ", ".join(f"column_{n}" for n in range(30)) + "\nFROM t"
PROGRAM = Program(
    dialect="duckdb",
    statements=(
        Statement(id="s01-select", index=1, kind=Kind.STANDARD, text=LONG, reads=("table t",)),
        Statement(
            id="s02-odd",
            index=2,
            kind=Kind.STANDARD,
            text="ODD",
            line=4,
            barrier=True,
            after=(Edge("s01-select", "is a barrier"),),
        ),
    ),
    warnings=(Warn(statement=2, line=4, message="can't be analysed"),),
)


def test_a_plan_in_a_pipe_is_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    planning.show(PROGRAM, Listing.TABLE)
    assert capsys.readouterr().out == (
        f"s01-select  line 1  {LONG}\n".replace("\nFROM", " FROM") + "    reads  table t\n"
        "s02-odd  line 4  ODD\n"
        "    after  s01-select (is a barrier)\n"
        "    note   not understood: runs alone\n"
        "warning: statement 2, line 4: can't be analysed\n"
    )


def test_each_statement_to_wait_for_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    edges = (Edge("s01-create", "reads table t"), Edge("s02-train", "reads model m"))
    last = Statement(id="s03-predict", index=3, kind=Kind.PREDICT, text="SELECT", after=edges)
    planning.show(Program(dialect="duckdb", statements=(last,)), Listing.TABLE)
    assert capsys.readouterr().out == (
        "s03-predict  line 1  SELECT\n"
        "    after  s01-create (reads table t)\n"
        "           s02-train (reads model m)\n"
    )


def test_a_plan_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    planning.show(PROGRAM, Listing.JSON)
    value = json.loads(capsys.readouterr().out)
    assert value["statements"][0]["text"] == LONG
    assert value["statements"][1]["barrier"] is True
    assert value["warnings"] == [{"statement": 2, "line": 4, "message": "can't be analysed"}]


def test_jobs_have_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    failed = JobSnapshot(
        id="j2", status=JobStatus.FAILED, message="first line\nsecond",
        created=after(0), started=after(0), finished=after(90),
    )  # fmt: skip
    listing.show_jobs([RUNNING, failed], Listing.TABLE)
    names, _, first, second = capsys.readouterr().out.splitlines()
    assert names.split() == ["Job", "Status", "Created", "Took", "Message"]
    assert first.split()[:2] == ["j1", "running"]
    assert second.split()[:2] == ["j2", "failed"]
    assert second.split()[-5:] == ["min", "30", "s", "first", "line"]


def test_a_list_in_a_pipe_is_as_wide_as_what_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    listing.show_jobs([RUNNING], Listing.TABLE)
    assert max(map(len, capsys.readouterr().out.splitlines())) < 80
    listing.show_job(RUNNING, Listing.TABLE)
    assert max(map(len, capsys.readouterr().out.splitlines())) == 100


def test_no_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    listing.show_jobs([], Listing.TABLE)
    assert capsys.readouterr().out == "no jobs\n"


def test_a_job_with_its_statements(capsys: pytest.CaptureFixture[str]) -> None:
    listing.show_job(RUNNING, Listing.TABLE)
    head, *steps, foot = capsys.readouterr().out.splitlines()
    assert head == "running"
    assert [line[2] for line in steps] == ["1", "2", "3"]
    assert foot.startswith("job j1 · 1 of 3 done")


def test_a_job_with_a_page_for_browsers_has_its_link(capsys: pytest.CaptureFixture[str]) -> None:
    link = "https://argo.test/workflows/jobs/j1"
    listing.show_job(replace(RUNNING, monitor_url=link), Listing.TABLE)
    assert capsys.readouterr().out.splitlines()[1] == link
