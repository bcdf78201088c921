"""How a job is shown: one view for terminals, one for pipes, and two forms for other programs.

A view is told every event, in order, and asked to stop or to make room for a question. It decides
nothing about the job.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from sqlflow_cli.figures import FigureFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from sqlflow.client.events import Event
    from sqlflow.client.snapshots import JobSnapshot
    from sqlflow.wire.rows import Column
    from sqlflow_cli.options import Output


class View(Protocol):
    """Shows one job."""

    def start(self, job: JobSnapshot) -> None:
        """Say which job it is."""

    def show(self, event: Event) -> None:
        """Show what happened."""

    def paused(self) -> AbstractContextManager[None]:
        """Leave the terminal to a question meanwhile."""

    def close(self) -> None:
        """Finish what was begun; no event follows."""


class TableSink(Protocol):
    """Takes the rows of one table after the other."""

    def rows(self, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> None:
        """Take some rows; the first ones begin a table. There may be none."""

    def end(self) -> None:
        """End the table, if one is begun."""


def view_for(output: Output, *, figures: Path | None, max_rows: int) -> View:
    """Return the view for what was asked and for what standard output is."""
    from sqlflow_cli.options import Output

    folder = FigureFolder(figures)
    if output is Output.JSON:
        from sqlflow_cli.views.jsons import JsonView

        return JsonView(sys.stdout, folder)
    from sqlflow_cli.views import grids, plain

    if output is Output.CSV:
        from sqlflow_cli.views.csvs import CsvSink

        return plain.PlainView(sys.stderr, sys.stderr, CsvSink(sys.stdout), folder)
    if sys.stdout.isatty() and sys.stderr.isatty():
        from sqlflow_cli.views.terminal import TerminalView

        return TerminalView(folder, max_rows=max_rows)
    return plain.PlainView(sys.stdout, sys.stderr, grids.GridSink(sys.stdout), folder)
