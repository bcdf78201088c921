"""Pages → events."""

from __future__ import annotations

import base64
import datetime as dt
import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlflow import errors
from sqlflow.client import assembling, events, snapshots
from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.wire.rows import Column, Type
from tests.unit.client.pages import header, line, record, rows, status


def read(*records: pb.Record) -> list[events.Event]:
    return list(assembling.Assembler().feed(pb.Page(records=records)))


def test_lines_keep_their_stream() -> None:
    got = read(line(1, "out"), record(1, pb.STDERR, "err"))
    assert got == [events.Line(step=1, text="out"), events.Line(step=1, text="err", stderr=True)]


def test_pieces_are_joined_also_across_pages_and_other_streams() -> None:
    assembler = assembling.Assembler()
    first = pb.Page(records=[line(1, "ab", more=True), record(1, pb.STDERR, "between")])
    second = pb.Page(records=[line(1, "cd", more=True), line(1, "ef")])
    assert list(assembler.feed(first)) == [events.Line(step=1, text="between", stderr=True)]
    assert list(assembler.feed(second)) == [events.Line(step=1, text="abcdef")]


@given(st.lists(st.text(), min_size=1))
def test_any_cut_of_a_line_gives_the_line(parts: list[str]) -> None:
    records = [line(1, part, more=i < len(parts) - 1) for i, part in enumerate(parts)]
    clean = "".join(parts)
    try:
        clean.encode()
    except UnicodeEncodeError:
        return
    assert read(*records) == [events.Line(step=1, text=clean)]


def test_pieces_of_two_steps_are_kept_apart() -> None:
    got = read(line(1, "a", more=True), line(2, "x"), line(1, "b"))
    assert got == [events.Line(step=2, text="x"), events.Line(step=1, text="ab")]


def test_rows_are_typed_by_their_header() -> None:
    columns = (("d", "decimal"), ("day", "date"), ("b", "bytes"), ("n", "int64"))
    got = read(
        rows(1, header(*columns)),
        rows(1, [["12.50", "2026-11-22", "AP8=", 9007199254740993], [None] * 4]),
    )
    assert got[0] == events.TableStarted(
        step=1, columns=tuple(Column(n, Type(t)) for n, t in columns)
    )
    assert isinstance(got[1], events.Rows)
    assert got[1].rows == [
        (decimal.Decimal("12.50"), dt.date(2026, 11, 22), b"\x00\xff", 9007199254740993),
        (None, None, None, None),
    ]
    assert str(got[1].rows[0][0]) == "12.50"


def test_a_header_in_pieces_is_a_header() -> None:
    got = read(
        record(1, pb.ROWS, '{"columns": [{"name": "a", ', more=True),
        record(1, pb.ROWS, '"type": "int64"}]}'),
        rows(1, [[1]]),
    )
    columns = (Column("a", Type.INT64),)
    assert got == [
        events.TableStarted(step=1, columns=columns),
        events.Rows(step=1, columns=columns, rows=[(1,)]),
    ]


def test_status_events_become_typed() -> None:
    picture = base64.b64encode(b"PNG").decode()
    got = read(
        status(1, "begin", statement="s01-train", kind="train"),
        status(1, "message", "Done parsing"),
        status(1, "progress", "e", unit="epoch", done=2, total=9, metrics={"loss": 0.5}),
        status(1, "warning", "careful"),
        status(1, "figure", "bars", mime="image/png", data=picture),
        status(1, "error", "no such table", reason="STATEMENT_FAILED", line=3, column=7),
        status(1, "end", "no such table", phase="Failed", reason="STATEMENT_FAILED", elapsed=1.5),
        status(0, "end", "statement 1 failed", phase="Failed", reason="StepFailed"),
    )
    assert got == [
        events.StepStarted(step=1, statement="s01-train", kind="train"),
        events.Message(step=1, text="Done parsing"),
        events.Progress(step=1, text="e", unit="epoch", done=2, total=9, metrics={"loss": 0.5}),
        events.Warned(step=1, text="careful"),
        events.Figure(step=1, data=b"PNG", mime="image/png", text="bars"),
        events.StepFailed(
            step=1, text="no such table", reason="STATEMENT_FAILED", line=3, column=7
        ),
        events.StepEnded(
            step=1, phase="Failed", reason="STATEMENT_FAILED", text="no such table", elapsed=1.5
        ),
        events.JobEnded(step=0, phase="Failed", reason="StepFailed", text="statement 1 failed"),
    ]


def test_an_event_of_a_later_version_is_passed_over() -> None:
    assert read(status(1, "hologram", "…"), line(1, "x")) == [events.Line(step=1, text="x")]


def test_missing_output_says_what_is_missing() -> None:
    got = read(status(1, "truncated", limit=8388608), status(1, "gap", first=3, last=5))
    assert got == [
        events.Incomplete(
            step=1, text="output passed the limit of 8388608 bytes; what follows was dropped"
        ),
        events.Incomplete(step=1, text="some output was lost (frames 3 to 5)"),
    ]


def test_a_new_attempt_forgets_the_pieces_and_the_header_of_the_one_before() -> None:
    got = read(
        rows(1, header(("a", "date"))),
        line(1, "half", more=True),
        rows(1, header(("a", "int64")), attempt=2),
        rows(1, [[1]], attempt=2),
        line(1, "whole", attempt=2),
    )
    assert got[2:] == [
        events.Rows(step=1, attempt=2, columns=(Column("a", Type.INT64),), rows=[(1,)]),
        events.Line(step=1, attempt=2, text="whole"),
    ]


def test_a_late_record_of_an_older_attempt_is_dropped() -> None:
    assert read(line(1, "new", attempt=2), line(1, "old")) == [
        events.Line(step=1, attempt=2, text="new")
    ]


def test_after_a_gap_the_rest_of_a_torn_record_is_passed_over() -> None:
    got = read(
        record(1, pb.ROWS, '{"columns": [', more=True),
        status(1, "gap", "lost"),
        record(1, pb.ROWS, "1],[2]]"),
        line(1, "x"),
    )
    assert got == [events.Incomplete(step=1, text="lost"), events.Line(step=1, text="x")]


@pytest.mark.parametrize("text", ["[[1]]", "{", '{"columns": 1}', "null"])
def test_rows_that_cannot_be_read_are_the_servers_fault(text: str) -> None:
    with pytest.raises(
        errors.SQLFlowError, match=r"record that can't be read \(statement 1, number 7\)"
    ):
        read(record(1, pb.ROWS, text, seq=7))


def test_the_job_is_told_of_when_it_changed() -> None:
    running = pb.Job(id="j", status=pb.RUNNING, steps=[pb.Step(id="s01", index=1)])
    over = pb.Job(id="j", status=pb.SUCCEEDED)
    assembler = assembling.Assembler()
    pages = [pb.Page(job=running), pb.Page(job=running), pb.Page(job=over)]
    got = [event for page in pages for event in assembler.feed(page)]
    assert [e.job.status for e in got if isinstance(e, events.JobChanged)] == [
        snapshots.JobStatus.RUNNING,
        snapshots.JobStatus.SUCCEEDED,
    ]
    assert len(got) == 2


def test_what_is_kept_does_not_grow_with_what_was_read() -> None:
    assembler = assembling.Assembler()
    page = pb.Page(records=[line(1, "x" * 1000), line(1, "a", more=True), line(1, "b")])
    for _ in range(100):
        list(assembler.feed(page))
    (attempt,) = assembler._attempts.values()
    assert attempt._pieces == {}
