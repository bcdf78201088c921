"""The view of pipes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlflow_cli.figures import FigureFolder
from sqlflow_cli.views import plain
from sqlflow_cli.views.csvs import CsvSink
from sqlflow_cli.views.grids import SAMPLE, GridSink

from sqlflow.client import events
from sqlflow.wire.rows import Column, Type
from tests.unit.cli.examples import COLUMNS, RUNNING, STORY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any


def told(*many: events.Event, figures: Path | None = None) -> tuple[str, str]:
    out, notes = io.StringIO(), io.StringIO()
    view = plain.PlainView(out, notes, GridSink(out), FigureFolder(figures))
    view.start(RUNNING)
    for event in many:
        view.show(event)
    view.close()
    return out.getvalue(), notes.getvalue()


def test_results_and_notes_go_apart(tmp_path: Path) -> None:
    out, notes = told(*STORY, figures=tmp_path / "pictures")
    assert out == (
        "name   n\n"
        "----  --\n"
        "a      1\n"
        "NULL  22\n"
        "(2 rows)\n"
        "Start training\n"
        "epoch 0, loss = 0.5\n"
        "printed\n"
    )
    assert notes == (
        "job j1\n"
        "[1/3] SELECT name, n FROM t\n"
        "[1/3] done in 0.4 s\n"
        "[2/3] SELECT * FROM t TO TRAIN xgboost.gbtree INTO m\n"
        "complained\n"
        "[2/3] warning: few rows\n"
        f"[2/3] picture saved as {tmp_path}/pictures/statement-2-1.png\n"
        "[2/3] error: line 3, column 7: no such label\n"
        "[2/3] failed in 1 min 15 s\n"
        "job failed: statement 2 failed\n"
    )
    assert (tmp_path / "pictures/statement-2-1.png").read_bytes() == b"PNG"


def test_without_a_folder_it_says_how_to_get_the_picture() -> None:
    _, notes = told(events.Figure(step=2, data=b"PNG"))
    assert notes == "job j1\n[2/?] there is a picture; sqlflow attach JOB --figures DIR saves it\n"


def test_another_attempt_is_named() -> None:
    _, notes = told(STORY[0], events.StepStarted(step=2, attempt=2, statement="s02-train"))
    assert "[2/3, attempt 2] SELECT * FROM t TO TRAIN" in notes


def grid(columns: tuple[Column, ...], batches: Iterable[list[tuple[Any, ...]]]) -> str:
    out = io.StringIO()
    sink = GridSink(out)
    for batch in batches:
        sink.rows(columns, batch)
    sink.end()
    return out.getvalue()


def test_an_empty_table_has_its_names() -> None:
    assert grid(COLUMNS, [[]]) == "name  n\n----  -\n(0 rows)\n"


def test_rows_after_the_sample_stream_through() -> None:
    out = io.StringIO()
    sink = GridSink(out)
    columns = (Column("n", Type.INT64),)
    sink.rows(columns, [(1,)] * (SAMPLE - 1))
    assert out.getvalue() == ""
    sink.rows(columns, [(2,)])
    assert out.getvalue().count("\n") == SAMPLE + 2
    sink.rows(columns, [(12345,)] * SAMPLE)
    sink.end()
    assert out.getvalue().endswith("12345\n(2,000 rows)\n")


def test_cells_stay_on_their_line() -> None:
    assert grid((Column("a\nb", Type.TEXT),), [[("x\ty\x1b[31m",)]]) == (
        "a\\nb\n------------\nx\\ty\\x1b[31m\n(1 row)\n"
    )


def test_wide_characters_count_double() -> None:
    columns = (Column("a", Type.TEXT), Column("b", Type.TEXT))
    assert grid(columns, [[("日本", "x"), ("abcd", "y")]]) == (
        "a     b\n----  -\n日本  x\nabcd  y\n(2 rows)\n"
    )


def csv(*tables: tuple[tuple[Column, ...], list[list[tuple[Any, ...]]]]) -> str:
    out = io.StringIO()
    sink = CsvSink(out)
    for columns, batches in tables:
        for batch in batches:
            sink.rows(columns, batch)
        sink.end()
    return out.getvalue()


def test_csv_tells_null_from_empty_and_quotes_what_needs_it() -> None:
    columns = (Column("a,b", Type.TEXT), Column("c", Type.BOOL))
    rows = [("x", True), (None, None), ("", False), ('say "hi"', True), ("two\nlines", True)]
    assert csv((columns, [rows])) == (
        '"a,b",c\nx,true\n,\n"",false\n"say ""hi""",true\n"two\nlines",true\n'
    )


def test_csv_has_an_empty_line_between_tables() -> None:
    one = ((Column("n", Type.INT64),), [[(1,)], [(2,)]])
    assert csv(one, one) == "n\n1\n2\n\nn\n1\n2\n"


def test_csv_of_no_rows_has_the_names() -> None:
    assert csv((COLUMNS, [[]])) == "name,n\n"


def test_a_job_with_a_page_for_browsers_has_its_link() -> None:
    notes = io.StringIO()
    view = plain.PlainView(notes, notes, GridSink(notes), FigureFolder(None))
    view.start(replace(RUNNING, monitor_url="https://argo.test/workflows/jobs/j1"))
    assert notes.getvalue() == "job j1\nhttps://argo.test/workflows/jobs/j1\n"


def test_an_address_that_only_clients_can_open_is_not_shown() -> None:
    notes = io.StringIO()
    view = plain.PlainView(notes, notes, GridSink(notes), FigureFolder(None))
    view.start(replace(RUNNING, monitor_url="sqlflow://127.0.0.1:50051/jobs/j1"))
    assert notes.getvalue() == "job j1\n"
