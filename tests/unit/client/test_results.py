"""Events → results."""

from __future__ import annotations

import pytest

from sqlflow import errors
from sqlflow.client import events, results
from sqlflow.client.snapshots import JobSnapshot, JobStatus
from sqlflow.wire.rows import Column, Type

JOB = JobSnapshot(id="j1", status=JobStatus.SUCCEEDED)
A = (Column("a", Type.INT64),)


def gathered(*many: events.Event, job: JobSnapshot = JOB) -> results.Result:
    gatherer = results.Gatherer(job)
    for event in many:
        gatherer.add(event)
    return gatherer.result()


def test_each_statement_has_what_it_said() -> None:
    progress = events.Progress(step=2, text="e0", unit="epoch", done=1, total=1)
    figure = events.Figure(step=2, data=b"PNG")
    end = events.StepEnded(step=2, phase="Succeeded")
    result = gathered(
        events.StepStarted(step=1, statement="s01-select", kind="standard"),
        events.TableStarted(step=1, columns=A),
        events.Rows(step=1, columns=A, rows=[(1,), (2,)]),
        events.Rows(step=1, columns=A, rows=[(3,)]),
        events.StepStarted(step=2, statement="s02-train", kind="train"),
        events.Line(step=2, text="out"),
        events.Line(step=2, text="err", stderr=True),
        events.Message(step=2, text="Done parsing"),
        progress,
        events.Warned(step=2, text="careful"),
        events.Incomplete(step=2, text="lost"),
        figure,
        end,
        events.JobEnded(step=0, phase="Succeeded"),
    )
    first, second = result.statements
    assert (first.index, first.id, first.kind) == (1, "s01-select", "standard")
    assert first.tables[0].rows == [(1,), (2,), (3,)]
    assert (second.lines, second.error_lines) == (["out"], ["err"])
    assert second.messages == ["Done parsing"]
    assert second.progress == [progress]
    assert second.warnings == ["careful", "lost"]
    assert second.figures == result.figures == [figure]
    assert second.end == end
    assert result.table.rows == [(1,), (2,), (3,)]


def test_two_results_of_one_statement_are_two_tables() -> None:
    result = gathered(
        events.TableStarted(step=1, columns=A),
        events.Rows(step=1, columns=A, rows=[(1,)]),
        events.TableStarted(step=1, columns=A),
    )
    assert [table.rows for table in result.tables] == [[(1,)], []]
    with pytest.raises(errors.DataError, match="expected one table in the result, found 2"):
        _ = result.table


def test_the_output_of_an_earlier_attempt_does_not_count() -> None:
    result = gathered(
        events.Line(step=1, text="old"),
        events.StepFailed(step=1, text="evicted"),
        events.Line(step=1, attempt=2, text="new"),
    )
    (statement,) = result.statements
    assert (statement.attempt, statement.lines, statement.error) == (2, ["new"], None)


def test_statements_come_in_program_order() -> None:
    result = gathered(events.Line(step=2, text="b"), events.Line(step=1, text="a"))
    assert [s.index for s in result.statements] == [1, 2]


def test_a_failed_job_says_which_statement_and_why() -> None:
    failed = JobSnapshot(id="j1", status=JobStatus.FAILED, message="statement 2 failed")
    result = gathered(
        events.Line(step=1, text="x"),
        events.StepFailed(step=2, text="no such table: t"),
        events.JobChanged(failed),
        job=JobSnapshot(id="j1", status=JobStatus.PENDING),
    )
    with pytest.raises(errors.JobFailedError) as caught:
        result.raise_for_status()
    assert str(caught.value) == ("job j1 failed: statement 2 failed\nstatement 2: no such table: t")


def test_a_cancelled_job_says_why() -> None:
    cancelled = JobSnapshot(id="j1", status=JobStatus.CANCELLED, message="nobody fetched for 5 s")
    with pytest.raises(errors.JobFailedError, match="j1 was cancelled: nobody fetched for 5 s"):
        gathered(job=cancelled).raise_for_status()


def test_a_job_that_succeeded_is_no_error() -> None:
    gathered().raise_for_status()
