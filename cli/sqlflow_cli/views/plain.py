"""For pipes and files: lines as they come, no control codes.

What the program says (lines, milestones, epochs, tables) goes to one stream, what is said about it
(which statement runs, warnings, errors) to the other.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sqlflow.client import events
from sqlflow_cli.views import wording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from sqlflow.client.snapshots import JobSnapshot, StepSnapshot
    from sqlflow_cli.figures import FigureFolder
    from sqlflow_cli.views import TableSink


class PlainView:
    """Writes lines.

    Args:
        out: for what the program says.
        notes: for what is said about it.
        tables: for rows.
        figures: for pictures.
    """

    def __init__(
        self, out: TextIO, notes: TextIO, tables: TableSink, figures: FigureFolder
    ) -> None:
        self._out = out
        self._notes = notes
        self._tables = tables
        self._figures = figures
        self._steps: dict[int, StepSnapshot] = {}

    def start(self, job: JobSnapshot) -> None:
        """Say which job it is, and where a browser shows it."""
        self._note(f"job {job.id}")
        if link := wording.link(job):
            self._note(link)

    def show(self, event: events.Event) -> None:
        """Write what happened."""
        if isinstance(event, events.JobChanged):
            self._steps = {step.index: step for step in event.job.steps}
            return
        if isinstance(event, events.Rows):
            self._tables.rows(event.columns, event.rows)
            return
        self._tables.end()
        if isinstance(event, events.TableStarted):
            self._tables.rows(event.columns, ())
        else:
            self._show_text(event)

    def _show_text(self, event: events.StepEvent) -> None:
        match event:
            case events.Line(stderr=True, text=text):
                print(text, file=self._notes, flush=True)
            case events.Line(text=text) | events.Message(text=text) | events.Progress(text=text):
                print(text, file=self._out, flush=True)
            case events.Figure():
                self._note(f"{self._place(event)} {self._figures.save(event)}")
            case events.StepStarted():
                self._note(f"{self._place(event)} {self._summary(event)}")
            case _:
                if text := wording.of(event):
                    place = f"{self._place(event)} " if event.step else ""
                    self._note(f"{place}{text}")

    def _place(self, event: events.StepEvent) -> str:
        again = f", attempt {event.attempt}" if event.attempt > 1 else ""
        return f"[{event.step}/{len(self._steps) or '?'}{again}]"

    def _summary(self, event: events.StepStarted) -> str:
        step = self._steps.get(event.step)
        return step.summary if step else event.statement

    def _note(self, text: str) -> None:
        self._out.flush()  # keeps the order where both go to one file
        print(text, file=self._notes, flush=True)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Write nothing meanwhile, as always when no event comes."""
        yield

    def close(self) -> None:
        """Write the rest of the table that is begun."""
        self._tables.end()
