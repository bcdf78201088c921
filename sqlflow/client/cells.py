"""Shows a job in a notebook's cell while it runs.

Lines and milestones are printed as they come, a training draws one bar that moves, tables and
pictures are rich output. A table that only the program's last statement gives is kept back: it is
the value of the cell, and shown as that.
"""

# ruff: noqa: T201 - what is printed is the cell's output

from __future__ import annotations

import html
import sys
import time
from typing import TYPE_CHECKING, Any

from sqlflow import errors
from sqlflow.client import events
from sqlflow.client.snapshots import JobStatus
from sqlflow.client.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow.client.snapshots import JobSnapshot

REDRAW = 0.1
"""Seconds between two drawings of a bar."""

Bundle = dict[str, Any]
"""One output in several forms, by MIME type."""


class CellView:
    """Shows the events of one job.

    Args:
        display: shows a bundle; returns what replaces it by another.
        program: the text of the cell, for the line under an error; empty if it is not known.
        clock: for tests.
    """

    def __init__(
        self,
        display: Callable[[Bundle], Callable[[Bundle], None]],
        program: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tables: list[Table] = []
        self.problems: list[errors.Problem] = []
        self.shown_last = False
        self._display = display
        self._program = program.split("\n")
        self._clock = clock
        self._job: JobSnapshot | None = None
        self._bar: _Bar | None = None

    def show(self, event: events.Event) -> None:
        """Show what happened."""
        match event:
            case events.JobChanged(job=job):
                self._job = job
            case events.TableStarted(columns=columns):
                self._show_table()
                self.tables.append(Table(columns))
                self.shown_last = False
            case events.Rows(rows=rows):
                self.tables[-1].rows.extend(rows)
            case events.Progress():
                self._show_progress(event)
            case _:
                self._end_bar()
                self._show_text(event)

    def _show_text(self, event: events.StepEvent) -> None:
        match event:
            case events.StepStarted():
                print(self._heading(event), flush=True)
            case events.Line(text=text, stderr=False) | events.Message(text=text):
                print(text, flush=True)
            case events.Line(text=text):
                print(text, file=sys.stderr, flush=True)
            case events.Warned(text=text) | events.Incomplete(text=text):
                print(f"warning: {text}", file=sys.stderr, flush=True)
            case events.Figure(data=data, mime=mime, text=text):
                self._display({mime: data, "text/plain": text})
            case events.StepFailed():
                self.problems.append(self._problem(event))
            case events.StepEnded() if event.step < self._steps():
                self._show_table()

    def _show_table(self) -> None:
        """Show the newest table, unless it was shown."""
        if self.tables and not self.shown_last:
            table = self.tables[-1]
            self._display({"text/html": table._repr_html_(), "text/plain": repr(table)})
            self.shown_last = True

    def close(self) -> None:
        """Show what is left, but for a table that is the cell's value."""
        self._end_bar()
        if len(self.tables) > 1 or self.error() is not None:
            self._show_table()

    def _show_progress(self, event: events.Progress) -> None:
        if self._bar is None:
            self._bar = _Bar(self._display, self._clock)
        self._bar.draw(event)

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.end()
            self._bar = None

    def _steps(self) -> int:
        return len(self._job.steps) if self._job else 0

    def _heading(self, event: events.StepStarted) -> str:
        steps = self._job.steps if self._job else ()
        summary = next((s.summary for s in steps if s.index == event.step), event.statement)
        again = f", attempt {event.attempt}" if event.attempt > 1 else ""
        return f"[{event.step}/{len(steps)}{again}] {summary}"

    def _problem(self, event: events.StepFailed) -> errors.Problem:
        known = 0 < event.line <= len(self._program)
        return errors.Problem(
            message=event.text,
            statement=event.step,
            line=event.line,
            column=event.column,
            snippet=self._program[event.line - 1] if known and event.column else "",
        )

    def error(self) -> errors.JobFailedError | None:
        """Return why the job did not succeed; None if it did."""
        job = self._job
        if job is None or job.status is JobStatus.SUCCEEDED:
            return None
        verb = "was cancelled" if job.status is JobStatus.CANCELLED else "failed"
        reasons = [str(problem) for problem in self.problems] or [job.message]
        return errors.JobFailedError("\n".join([f"job {job.id} {verb}", *filter(None, reasons)]))


class _Bar:
    """The bar of one training: drawn when it begins, when it ends, and now and then between."""

    def __init__(
        self, display: Callable[[Bundle], Callable[[Bundle], None]], clock: Callable[[], float]
    ) -> None:
        self._display = display
        self._clock = clock
        self._replace: Callable[[Bundle], None] | None = None
        self._drawn = 0.0
        self._waiting: events.Progress | None = None

    def draw(self, event: events.Progress) -> None:
        self._waiting = event
        if self._replace is None or self._clock() - self._drawn >= REDRAW:
            self.end()

    def end(self) -> None:
        """Draw what waits."""
        if self._waiting is None:
            return
        bundle = progress_bundle(self._waiting)
        if self._replace is None:
            self._replace = self._display(bundle)
        else:
            self._replace(bundle)
        self._drawn, self._waiting = self._clock(), None


def progress_bundle(event: events.Progress) -> Bundle:
    """Return a bar and its text."""
    count = f"{event.done}/{event.total}" if event.total else str(event.done)
    value = f'value="{event.done}" max="{event.total}"' if event.total else ""
    return {
        "text/plain": f"{event.unit} {count}: {event.text}",
        "text/html": (
            f"<progress {value}></progress> {html.escape(event.unit)} {count} "
            f"<code>{html.escape(event.text)}</code>"
        ),
    }
