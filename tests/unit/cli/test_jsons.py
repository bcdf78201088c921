"""The view of programs."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from sqlflow_cli.figures import FigureFolder
from sqlflow_cli.views.jsons import JsonView

from sqlflow.client import events
from sqlflow.wire.rows import Column, Type
from tests.unit.cli.examples import RUNNING, STORY

if TYPE_CHECKING:
    from pathlib import Path


def told(*many: events.Event, figures: Path | None = None) -> list[dict[str, Any]]:
    out = io.StringIO()
    view = JsonView(out, FigureFolder(figures))
    view.start(RUNNING)
    for event in many:
        view.show(event)
    view.close()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_event_is_an_object_of_its_own(tmp_path: Path) -> None:
    got = told(*STORY, figures=tmp_path)
    assert [v["event"] for v in got] == [
        "job", "job", "begin", "columns", "rows", "end", "begin", "message", "progress", "line",
        "line", "warning", "figure", "error", "end", "job-end",
    ]  # fmt: skip
    assert got[2] == {
        "event": "begin", "step": 1, "attempt": 1, "statement": "s01-select", "kind": "standard"
    }  # fmt: skip
    assert got[3]["columns"] == [{"name": "name", "type": "text"}, {"name": "n", "type": "int64"}]
    assert got[4] == {"event": "rows", "step": 1, "attempt": 1, "rows": [["a", 1], [None, 22]]}
    assert got[8] == {
        "event": "progress", "step": 2, "attempt": 1, "text": "epoch 0, loss = 0.5",
        "unit": "epoch", "done": 1, "total": 2, "metrics": {},
    }  # fmt: skip
    assert got[10] == {
        "event": "line", "step": 2, "attempt": 1, "stream": "stderr", "text": "complained"
    }  # fmt: skip
    assert got[12]["data"] == "UE5H"
    assert (tmp_path / "statement-2-1.png").read_bytes() == b"PNG"
    assert got[13] == {
        "event": "error", "step": 2, "attempt": 1, "text": "no such label", "reason": "DATA",
        "line": 3, "column": 7,
    }  # fmt: skip
    assert got[15]["phase"] == "Failed"


def test_the_job_has_its_steps_and_times() -> None:
    (value,) = told()
    assert value["job"]["status"] == "RUNNING"
    assert value["job"]["created"] == "2026-11-22T12:00:00+00:00"
    assert value["job"]["steps"][1]["summary"] == "SELECT * FROM t TO TRAIN xgboost.gbtree INTO m"
    assert value["job"]["finished"] is None


def test_cells_are_encoded_as_on_the_wire() -> None:
    columns = (Column("b", Type.BYTES), Column("x", Type.DOUBLE))
    got = told(events.Rows(step=1, columns=columns, rows=[(b"\x00\xff", float("nan"))]))
    assert got[1]["rows"] == [["AP8=", "NaN"]]
