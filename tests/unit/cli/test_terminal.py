"""The view of terminals, as it looks at 80 columns."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from sqlflow_cli.figures import FigureFolder
from sqlflow_cli.views import tables
from sqlflow_cli.views.steplists import StepList, window
from sqlflow_cli.views.terminal import TerminalView

from sqlflow.client import events
from sqlflow.client.snapshots import JobSnapshot, JobStatus, StepSnapshot
from sqlflow.wire.rows import Column, Type
from tests.unit.cli.examples import COLUMNS, RUNNING, STORY, after

if TYPE_CHECKING:
    from typing import Any


def a_console() -> Console:
    return Console(file=io.StringIO(), width=80, highlight=False, markup=False, emoji=False)


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def told(*many: events.Event, max_rows: int = 40) -> str:
    console = a_console()
    view = TerminalView(FigureFolder(None), max_rows=max_rows, console=console)
    view.start(RUNNING)
    for event in many:
        view.show(event)
    view.close()
    return text_of(console)


def steps(*statuses: JobStatus) -> list[StepSnapshot]:
    return [
        StepSnapshot(id=f"s{i}", index=i, kind="standard", summary=f"SELECT {i}", status=status)
        for i, status in enumerate(statuses, 1)
    ]


def test_a_job_reads_like_a_report() -> None:
    shown, _, end = told(*STORY).rpartition("\n\n")
    assert shown == (
        "\n"
        "1 SELECT name, n FROM t\n"
        "name   n\n"
        "────────\n"
        "a      1\n"
        "NULL  22\n"
        "2 rows\n"
        "\n"
        "2 SELECT * FROM t TO TRAIN xgboost.gbtree INTO m\n"
        "Start training\n"
        "epoch 0, loss = 0.5\n"
        "printed\n"
        "complained\n"
        "warning: few rows\n"
        "there is a picture; sqlflow attach JOB --figures DIR saves it\n"
        "error: line 3, column 7: no such label"
    )
    assert end.splitlines()[0].startswith("✓ 1 SELECT name, n FROM t")


def test_a_question_wipes_nothing_that_was_written() -> None:
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True)
    view = TerminalView(FigureFolder(None), max_rows=40, console=console)
    view.start(RUNNING)
    view.show(events.Line(step=1, text="written"))
    assert isinstance(console.file, io.StringIO)
    with view.paused():
        before = len(console.file.getvalue())
    view.show(events.Line(step=1, text="more"))
    first = console.file.getvalue()[before:].partition("more")[0]
    view.close()
    assert "\x1b[1A" not in first  # the cursor does not go up


def test_text_cannot_steer_the_terminal() -> None:
    shown = told(
        STORY[0], events.Line(step=1, text="a\x1b[2Jb"), events.Line(step=1, text="[red]x")
    )
    assert "a\\x1b[2Jb\n[red]x\n" in shown


def test_of_a_long_training_some_epochs_are_written() -> None:
    many = [
        events.Progress(step=2, text=f"epoch {n}", unit="epoch", done=n + 1, total=1000)
        for n in range(1000)
    ]
    shown = told(STORY[0], *many).splitlines()
    written = [line for line in shown if line.startswith("epoch")]
    assert written[:2] == ["epoch 0", "epoch 49"]
    assert written[-1] == "epoch 999"
    assert len(written) == 21


def test_a_table_says_how_many_of_its_rows_are_not_shown() -> None:
    rows = [(str(n), n) for n in range(5)]
    shown = told(
        STORY[0],
        events.TableStarted(step=1, columns=COLUMNS),
        events.Rows(step=1, columns=COLUMNS, rows=rows[:2]),
        events.Rows(step=1, columns=COLUMNS, rows=rows[2:]),
        max_rows=3,
    )
    assert "\n2     2\n5 rows, the first 3 shown (--max-rows)\n" in shown


def table(columns: list[tuple[str, Type]], *rows: tuple[Any, ...]) -> str:
    console = a_console()
    sample = tables.TableSample(console, 0)
    sample.rows([Column(n, t) for n, t in columns], rows)
    sample.end()
    return text_of(console)


def test_doubles_lose_digits_before_a_column_is_dropped() -> None:
    columns = [(f"column_{n}", Type.DOUBLE) for n in range(6)]
    assert table(columns, (0.12345678901234567,) * 6).splitlines()[2:] == [
        "0.123457  0.123457  0.123457  0.123457  0.123457  0.123457",
        "1 row",
    ]


def test_doubles_that_fit_keep_their_digits() -> None:
    assert "0.30000000000000004" in table([("x", Type.DOUBLE)], (0.30000000000000004,))


def test_columns_in_the_middle_give_way() -> None:
    columns = [(f"a_long_name_{n}", Type.TEXT) for n in range(9)]
    shown = table(columns, tuple("abcdefghi")).splitlines()
    assert shown[0].split() == [
        "a_long_name_0", "a_long_name_1", "a_long_name_2", "…", "a_long_name_7", "a_long_name_8",
    ]  # fmt: skip
    assert shown[2].split() == ["a", "b", "c", "…", "h", "i"]
    assert shown[3] == "1 row, 4 columns not shown (--output csv has all)"
    assert max(map(len, shown)) <= 80


@pytest.mark.parametrize(
    ("widths", "available", "kept"),
    [
        ([10, 10], 22, [0, 1]),
        ([10, 10, 10], 33, [0, 2]),
        ([10, 10, 10], 34, [0, 1, 2]),
        ([40, 40, 40], 20, [0]),
    ],
)
def test_which_columns_fit(widths: list[int], available: int, kept: list[int]) -> None:
    assert tables.fitting(widths, available) == kept


def test_a_long_cell_is_cut() -> None:
    assert table([("t", Type.TEXT)], ("x" * 100,)).splitlines()[2] == "x" * 39 + "…"


def drawn(job: JobSnapshot, progress: dict[int, events.Progress] | None = None, **more: Any) -> str:
    console = a_console()
    console.print(StepList().draw(job, progress or {}, now=after(3), **more))
    return text_of(console)


def test_the_list_of_statements() -> None:
    bar = {2: events.Progress(step=2, text="", unit="epoch", done=1, total=2)}
    shown = drawn(RUNNING, bar, hint="Ctrl-C: detach, cancel").splitlines()
    assert shown[0] == "✓ 1 SELECT name, n FROM t" + " " * 50 + "0.4 s"
    assert shown[1][1:] == " 2 SELECT * FROM t TO TRAIN xgboost.gbtree INTO m" + " " * 25 + "2.0 s"
    assert shown[2].startswith("    " + "━" * 16)
    assert shown[2].endswith(" 1/2")
    assert shown[3] == "· 3 SELECT 1"
    assert shown[4] == "job j1 · 1 of 3 done · 3.0 s · Ctrl-C: detach, cancel"


def test_the_list_shows_how_each_statement_ended() -> None:
    a, b, c = steps(JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.PENDING)
    skipped = StepSnapshot(
        id="s3", index=3, kind="", summary=c.summary, status=c.status, skipped=True
    )
    shown = drawn(JobSnapshot(id="j", status=JobStatus.FAILED, steps=(a, b, skipped)))
    assert [line[:12] for line in shown.splitlines()[:3]] == [
        "✗ 1 SELECT 1", "■ 2 SELECT 2", "- 3 SELECT 3",
    ]  # fmt: skip
    assert shown.splitlines()[2].endswith("skipped")


def test_a_long_statement_is_cut_and_its_time_is_not() -> None:
    (long,) = steps(JobStatus.SUCCEEDED)
    step = StepSnapshot(
        id="s1", index=1, kind="", summary="x" * 200, status=long.status,
        started=after(0), finished=after(2),
    )  # fmt: skip
    (line, _) = drawn(JobSnapshot(id="j", status=JobStatus.SUCCEEDED, steps=(step,))).splitlines()
    assert line == "✓ 1 " + "x" * 69 + "… 2.0 s"


def test_a_server_whose_clock_is_ahead_gives_no_negative_time() -> None:
    (one,) = steps(JobStatus.RUNNING)
    step = StepSnapshot(
        id="s1", index=1, kind="", summary=one.summary, status=one.status, started=after(9)
    )
    assert "0.0 s" in drawn(JobSnapshot(id="j", status=JobStatus.RUNNING, steps=(step,)))


def test_of_a_long_program_the_part_that_runs_is_listed() -> None:
    done, running, pending = JobStatus.SUCCEEDED, JobStatus.RUNNING, JobStatus.PENDING
    program = steps(*[done] * 50, running, *[pending] * 49)
    assert [s.index for s in window(program, 5)] == [49, 50, 51, 52, 53]
    assert [s.index for s in window(steps(*[done] * 100), 3)] == [98, 99, 100]
    assert [s.index for s in window(program[:4], 5)] == [1, 2, 3, 4]
    job = JobSnapshot(id="j", status=running, steps=tuple(program))
    assert "50 of 100 done · 95 not shown" in drawn(job, shown=5)


def test_a_job_with_a_page_for_browsers_has_its_link() -> None:
    console = a_console()
    view = TerminalView(FigureFolder(None), max_rows=40, console=console)
    link = "https://argo.test/workflows/jobs/" + "j" * 60
    view.start(replace(RUNNING, monitor_url=link))
    view.close()
    assert text_of(console).startswith(f"{link}\n")
