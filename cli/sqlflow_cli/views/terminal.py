"""For terminals: the output scrolls, the list of statements stays below it and is kept current.

Text of the program is written as it is but for control characters, which could steer the terminal.
Of a long training some epochs are written; the bar shows them all.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from sqlflow.client import events
from sqlflow_cli.views import tables, wording
from sqlflow_cli.views.steplists import StepList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sqlflow.client.snapshots import JobSnapshot
    from sqlflow_cli.figures import FigureFolder

PROGRESS_LINES = 20
"""About so many epochs of a training are written."""

HINT = "Ctrl-C: detach, cancel"


class TerminalView:
    """Shows a job on a terminal.

    Args:
        figures: for pictures.
        max_rows: of each table that is shown; 0: all.
        console: for tests.
    """

    def __init__(
        self, figures: FigureFolder, *, max_rows: int, console: Console | None = None
    ) -> None:
        self._console = console or Console(highlight=False, markup=False, emoji=False)
        self._figures = figures
        self._tables = tables.TableSample(self._console, max_rows)
        self._list = StepList()
        self._progress: dict[int, events.Progress] = {}
        self._headed: tuple[int, int] | None = None
        self._job: JobSnapshot | None = None
        self._live = self._new_live()

    def _new_live(self) -> Live:
        return Live(
            get_renderable=self._draw,
            console=self._console,
            refresh_per_second=8,
            transient=True,
        )

    def start(self, job: JobSnapshot) -> None:
        """Say where a browser shows the job, and begin the list."""
        self._job = job
        if link := wording.link(job):
            self._console.print(Text(link, style="dim"), soft_wrap=True)
        self._live.start()

    def _draw(self) -> RenderableType:
        if self._job is None:
            return Text()
        room = max(self._console.height // 4, 3)
        steps = self._list.draw(self._job, self._progress, hint=HINT, shown=room)
        return Group(Text(), steps)

    def show(self, event: events.Event) -> None:
        """Write what happened above the list."""
        match event:
            case events.JobChanged(job=job):
                self._job = job
            case events.TableStarted(columns=columns):
                self._tables.end()
                self._head(event)
                self._tables.rows(columns, ())
            case events.Rows(columns=columns, rows=rows):
                self._tables.rows(columns, rows)
            case _:
                self._tables.end()
                self._show_text(event)

    def _show_text(self, event: events.StepEvent) -> None:
        match event:
            case events.Line(text=text, stderr=stderr):
                self._write(event, text, style="yellow" if stderr else "")
            case events.Message(text=text):
                self._write(event, text, style="dim")
            case events.Progress():
                self._show_progress(event)
            case events.Figure():
                self._write(event, self._figures.save(event), style="dim")
            case events.Warned() | events.Incomplete():
                self._write(event, wording.of(event), style="yellow")
            case events.StepFailed():
                self._write(event, wording.of(event), style="bold red")

    def _show_progress(self, event: events.Progress) -> None:
        self._progress[event.step] = event
        stride = max(event.total // PROGRESS_LINES, 1)
        if event.done in (1, event.total) or event.done % stride == 0:
            self._write(event, event.text)

    def _write(self, event: events.StepEvent, text: str, *, style: str = "") -> None:
        self._head(event)
        for part in text.split("\n"):
            self._console.print(Text(wording.line(part), style=style), soft_wrap=True)

    def _head(self, event: events.StepEvent) -> None:
        """Write whose output follows, once."""
        if self._headed == (event.step, event.attempt):
            return
        self._headed = (event.step, event.attempt)
        again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
        head = Text.assemble(
            (f"{event.step}{again} ", "bold cyan"), (self._summary(event.step), "bold")
        )
        self._console.print()
        self._console.print(head, no_wrap=True, overflow="ellipsis")

    def _summary(self, index: int) -> str:
        steps = self._job.steps if self._job else ()
        return next((wording.cell(step.summary) for step in steps if step.index == index), "")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Take the list away meanwhile."""
        self._live.stop()
        try:
            yield
        finally:
            # A new one: the old would wipe as many lines as its last drawing had.
            self._live = self._new_live()
            self._live.start()

    def close(self) -> None:
        """Write the rest; leave the list as it was in the end."""
        self._tables.end()
        self._live.stop()
        if self._job is not None:
            self._console.print()
            self._console.print(self._list.draw(self._job, {}, hint=_outcome(self._job)))


def _outcome(job: JobSnapshot) -> str:
    return job.status.value.lower() if job.status.final else ""
