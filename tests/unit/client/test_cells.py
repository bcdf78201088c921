"""What a notebook's cell shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlflow.client import cells, events
from sqlflow.client.snapshots import JobSnapshot, JobStatus, StepSnapshot
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

A = (Column("a", Type.TEXT),)


def job(status: JobStatus = JobStatus.RUNNING, steps: int = 2) -> events.JobChanged:
    many = tuple(
        StepSnapshot(id=f"s{n}", index=n, kind="", summary=f"SELECT {n}", status=status)
        for n in range(1, steps + 1)
    )
    return events.JobChanged(JobSnapshot(id="j1", status=status, steps=many))


class Display:
    """Keeps what is shown; a replacement is kept beside what it replaces."""

    def __init__(self) -> None:
        self.shown: list[list[cells.Bundle]] = []

    def __call__(self, bundle: cells.Bundle) -> Callable[[cells.Bundle], None]:
        versions = [bundle]
        self.shown.append(versions)
        return versions.append


def told(*many: events.Event, program: str = "", **options: Any) -> tuple[cells.CellView, Display]:
    display = Display()
    view = cells.CellView(display, program, **options)
    for event in many:
        view.show(event)
    view.close()
    return view, display


def a_table(step: int, text: str) -> list[events.Event]:
    return [
        events.TableStarted(step=step, columns=A),
        events.Rows(step=step, columns=A, rows=[(text,)]),
        events.StepEnded(step=step, phase="Succeeded"),
    ]


def test_lines_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    told(
        job(),
        events.StepStarted(step=2, statement="s2"),
        events.Line(step=2, text="out"),
        events.Line(step=2, text="err", stderr=True),
        events.Message(step=2, text="Done"),
        events.Warned(step=2, text="careful"),
    )
    said = capsys.readouterr()
    assert said.out == "[2/2] SELECT 2\nout\nDone\n"
    assert said.err == "err\nwarning: careful\n"


def test_the_table_of_the_last_statement_is_kept_back() -> None:
    view, display = told(job(), *a_table(2, "x"), job(JobStatus.SUCCEEDED))
    assert display.shown == []
    assert [t.rows for t in view.tables] == [[("x",)]]
    assert not view.shown_last


def test_the_table_of_another_statement_is_shown_when_it_ends() -> None:
    view, display = told(job(), *a_table(1, "<x>"), job(JobStatus.SUCCEEDED))
    ((bundle,),) = display.shown
    assert "&lt;x&gt;" in bundle["text/html"]
    assert view.shown_last


def test_of_several_tables_each_is_shown_once() -> None:
    _, display = told(job(), *a_table(1, "x"), *a_table(2, "y"), job(JobStatus.SUCCEEDED))
    assert [len(versions) for versions in display.shown] == [1, 1]
    assert "y" in display.shown[1][0]["text/html"]


def test_the_table_of_a_job_that_failed_is_not_lost() -> None:
    _, display = told(job(steps=1), *a_table(1, "x")[:2], job(JobStatus.FAILED, steps=1))
    assert len(display.shown) == 1


def epoch(n: int, text: str = "loss") -> events.Progress:
    return events.Progress(step=1, text=text, unit="epoch", done=n, total=9)


def test_a_bar_is_drawn_now_and_then_and_at_its_end() -> None:
    now = iter([0.0, 0.05, 0.06, 0.2, 0.2, 0.21, 0.22])
    _, display = told(job(), *map(epoch, range(1, 6)), clock=lambda: next(now))
    (versions,) = display.shown
    assert [v["text/plain"] for v in versions] == [
        "epoch 1/9: loss",
        "epoch 4/9: loss",
        "epoch 5/9: loss",
    ]


def test_a_bar_is_escaped() -> None:
    _, display = told(job(), epoch(1, "<script>"))
    html = display.shown[0][0]["text/html"]
    assert html == ('<progress value="1" max="9"></progress> epoch 1/9 <code>&lt;script&gt;</code>')


def test_without_a_total_the_bar_has_no_length() -> None:
    progress = events.Progress(step=1, text="x", unit="round", done=3)
    assert cells.progress_bundle(progress)["text/html"].startswith("<progress ></progress> round 3")


def test_a_picture_comes_with_its_text() -> None:
    _, display = told(job(), events.Figure(step=1, data=b"PNG", text="bars"))
    assert display.shown == [[{"image/png": b"PNG", "text/plain": "bars"}]]


def test_an_error_has_the_line_of_the_cell_under_it() -> None:
    failed = events.StepFailed(step=2, text="no such column", line=2, column=8)
    view, _ = told(job(), failed, job(JobStatus.FAILED), program="SELECT 1;\nSELECT x")
    assert str(view.error()) == (
        "job j1 failed\nstatement 2, line 2, column 8: no such column\n  SELECT x\n         ^"
    )


def test_a_job_that_succeeded_is_no_error() -> None:
    view, _ = told(job(JobStatus.SUCCEEDED))
    assert view.error() is None
