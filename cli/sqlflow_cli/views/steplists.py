"""The list of a job's statements as it stands under the output on a terminal.

::

    ✓ 1 CREATE TABLE iris AS SELECT * FROM read_csv('iris.csv')               0.2 s
    ⠹ 2 SELECT * FROM iris TO TRAIN xgboost.gbtree WITH objective = …         1.2 s
        ━━━━━━━━━━━━━━━━━━━━━━━━╸━━━━━━━ 12/30
    · 3 SELECT * FROM iris TO EVALUATE m LABEL class INTO …
    job 0193a4c2 · 1 of 3 done · 1.4 s · Ctrl-C: detach, cancel

Of a long program only the statements around those that run are listed, so that the list never
fills the screen.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sqlflow.client.snapshots import JobStatus
from sqlflow_cli.views import wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from sqlflow.client.events import Progress
    from sqlflow.client.snapshots import JobSnapshot, StepSnapshot

SHOWN = 30
"""Statements listed at the end, when there is nothing else to see."""

_MARKS = {
    JobStatus.SUCCEEDED: ("✓", "green"),
    JobStatus.FAILED: ("✗", "bold red"),
    JobStatus.CANCELLED: ("■", "yellow"),
    JobStatus.PENDING: ("·", "dim"),
    JobStatus.UNKNOWN: ("?", "dim"),
}


class StepList:
    """Draws the list. The spinner lives as long as this, so that it turns."""

    def __init__(self) -> None:
        self._spinner = Spinner("dots", style="cyan")

    def draw(
        self,
        job: JobSnapshot,
        progress: Mapping[int, Progress],
        *,
        hint: str = "",
        shown: int = SHOWN,
        now: dt.datetime | None = None,
    ) -> RenderableType:
        """Return the list and a line about the job.

        Args:
            job: with its steps.
            progress: the last of each step.
            hint: the end of the line about the job.
            shown: so many statements at most.
            now: for tests.
        """
        now = now or dt.datetime.now(dt.UTC)
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=1)
        grid.add_column(justify="right")
        grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        grid.add_column(justify="right", no_wrap=True)
        steps = window(job.steps, shown)
        for step in steps:
            grid.add_row(*self._row(step, now))
            if step.status is JobStatus.RUNNING and step.index in progress:
                grid.add_row("", "", _bar(progress[step.index]))
        return Group(grid, _foot(job, hint, now, hidden=len(job.steps) - len(steps)))

    def _row(self, step: StepSnapshot, now: dt.datetime) -> list[RenderableType]:
        quiet = step.skipped or step.status is JobStatus.PENDING
        return [
            self._mark(step),
            Text(str(step.index), style="dim"),
            Text(wording.cell(step.summary), style="dim" if quiet else ""),
            Text(_took(step, now), style="dim"),
        ]

    def _mark(self, step: StepSnapshot) -> RenderableType:
        if step.status is JobStatus.RUNNING:
            return self._spinner
        if step.skipped:
            return Text("-", style="dim")
        mark, style = _MARKS[step.status]
        return Text(mark, style=style)


def _foot(job: JobSnapshot, hint: str, now: dt.datetime, *, hidden: int) -> Text:
    done = sum(step.status is JobStatus.SUCCEEDED for step in job.steps)
    parts = [f"job {job.id}", f"{done} of {len(job.steps)} done"]
    if hidden:
        parts.append(f"{hidden} not shown")
    if job.started:
        parts.append(wording.seconds(_between(job.started, job.finished or now)))
    text = " · ".join([*parts, hint] if hint else parts)
    return Text(text, style="dim", no_wrap=True, overflow="ellipsis")


def window(steps: Sequence[StepSnapshot], size: int) -> Sequence[StepSnapshot]:
    """Return the steps to list: a stretch around the first that is not over, or the last ones."""
    if len(steps) <= size:
        return steps
    failed = [i for i, step in enumerate(steps) if step.status is JobStatus.FAILED]
    open_ = [i for i, step in enumerate(steps) if not (step.status.final or step.skipped)]
    middle = (open_ or failed or [len(steps)])[0]
    start = min(max(middle - 2, 0), len(steps) - size)
    return steps[start : start + size]


def _bar(progress: Progress) -> RenderableType:
    if not progress.total:
        return Text(f"{progress.unit} {progress.done}", style="cyan")
    grid = Table.grid(padding=(0, 1))
    bar = ProgressBar(
        total=progress.total, completed=progress.done, width=32, complete_style="cyan"
    )
    grid.add_row(bar, Text(f"{progress.done}/{progress.total}", style="cyan"))
    return grid


def _took(step: StepSnapshot, now: dt.datetime) -> str:
    if step.skipped:
        return "skipped"
    if step.started is None:
        return ""
    return wording.seconds(_between(step.started, step.finished or now))


def _between(start: dt.datetime, end: dt.datetime) -> float:
    return max((end - start).total_seconds(), 0.0)  # the server's clock may be ahead of ours
