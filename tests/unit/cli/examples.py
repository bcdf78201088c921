"""A job and what it says, for the tests of all views."""

from __future__ import annotations

import datetime as dt

from sqlflow.client import events
from sqlflow.client.snapshots import JobSnapshot, JobStatus, StepSnapshot
from sqlflow.wire.rows import Column, Type

START = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)


def after(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


SELECT = StepSnapshot(
    id="s01-select",
    index=1,
    kind="standard",
    summary="SELECT name, n FROM t",
    status=JobStatus.SUCCEEDED,
    started=after(0),
    finished=after(0.4),
)
TRAIN = StepSnapshot(
    id="s02-train",
    index=2,
    kind="train",
    summary="SELECT * FROM t TO TRAIN xgboost.gbtree INTO m",
    status=JobStatus.RUNNING,
    started=after(1),
)
LAST = StepSnapshot(
    id="s03-select",
    index=3,
    kind="standard",
    summary="SELECT 1",
    status=JobStatus.PENDING,
)
RUNNING = JobSnapshot(
    id="j1",
    status=JobStatus.RUNNING,
    steps=(SELECT, TRAIN, LAST),
    created=after(0),
    started=after(0),
)
COLUMNS = (Column("name", Type.TEXT), Column("n", Type.INT64))

STORY: tuple[events.Event, ...] = (
    events.JobChanged(RUNNING),
    events.StepStarted(step=1, statement="s01-select", kind="standard"),
    events.TableStarted(step=1, columns=COLUMNS),
    events.Rows(step=1, columns=COLUMNS, rows=[("a", 1), (None, 22)]),
    events.StepEnded(step=1, phase="Succeeded", elapsed=0.4),
    events.StepStarted(step=2, statement="s02-train", kind="train"),
    events.Message(step=2, text="Start training"),
    events.Progress(step=2, text="epoch 0, loss = 0.5", unit="epoch", done=1, total=2),
    events.Line(step=2, text="printed"),
    events.Line(step=2, text="complained", stderr=True),
    events.Warned(step=2, text="few rows"),
    events.Figure(step=2, data=b"PNG", text="bars"),
    events.StepFailed(step=2, text="no such label", reason="DATA", line=3, column=7),
    events.StepEnded(step=2, phase="Failed", text="no such label", elapsed=75.0),
    events.JobEnded(step=0, phase="Failed", reason="StepFailed", text="statement 2 failed"),
)
