"""The tables of a terminal: as many rows and columns as help a person, and what was left out.

A column is as wide as its widest cell, up to :data:`MAX_CELL`. Where the terminal is too narrow,
first the digits of doubles give way, then the columns in the middle, since those at both ends
(keys, labels, predictions) tell most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from sqlflow.client.tables import NUMBERS, count_text, text_of
from sqlflow_cli.views import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from sqlflow.wire.rows import Column

MAX_CELL = 40
"""Characters of the widest cell that is shown whole."""

_GAP = 2  # between two columns


class TableSample:
    """Keeps the first rows of a table and shows them at its end.

    Args:
        console: where to.
        max_rows: to show; 0: all.
    """

    def __init__(self, console: Console, max_rows: int) -> None:
        self._console = console
        self._max_rows = max_rows
        self._columns: Sequence[Column] | None = None
        self._rows: list[tuple[Any, ...]] = []
        self._count = 0

    def rows(self, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> None:
        """Take some rows."""
        self._columns = columns
        self._count += len(rows)
        room = self._max_rows - len(self._rows) if self._max_rows else len(rows)
        self._rows.extend(rows[: max(room, 0)])

    def end(self) -> None:
        """Show the table, if one is begun."""
        if self._columns is None:
            return
        self._show(self._columns)
        self._columns, self._rows, self._count = None, [], 0

    def _show(self, columns: Sequence[Column]) -> None:
        room = self._console.width
        cells = [[_shown(value) for value in row] for row in self._rows]
        if _total(_widths(columns, cells)) > room:
            cells = [[_shown(_rounded(value)) for value in row] for row in self._rows]
        kept = fitting(_widths(columns, cells), room)
        self._console.print(_table(columns, cells, kept))
        self._console.print(Text(self._foot(len(columns) - len(kept)), style="dim"))

    def _foot(self, hidden_columns: int) -> str:
        parts = [count_text(self._count)]
        if len(self._rows) < self._count:
            parts.append(f"the first {len(self._rows)} shown (--max-rows)")
        if hidden_columns:
            hidden = "1 column" if hidden_columns == 1 else f"{hidden_columns} columns"
            parts.append(f"{hidden} not shown (--output csv has all)")
        return ", ".join(parts)


def _widths(columns: Sequence[Column], cells: list[list[Text]]) -> list[int]:
    return [
        min(max([cell_len(column.name), *(row[i].cell_len for row in cells)]), MAX_CELL)
        for i, column in enumerate(columns)
    ]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def fitting(widths: Sequence[int], available: int) -> list[int]:
    """Return the indexes of the columns that fit, taken from both ends in turn."""
    if _total(widths) <= available:
        return list(range(len(widths)))
    left, right, room = 0, len(widths) - 1, available - len("…")
    first: list[int] = []
    last: list[int] = []
    while left <= right:
        at_left = len(first) <= len(last)
        index = left if at_left else right
        room -= widths[index] + _GAP
        if room < 0:
            break
        (first if at_left else last).append(index)
        left, right = (left + 1, right) if at_left else (left, right - 1)
    return (first or [0]) + last[::-1]


def _table(columns: Sequence[Column], cells: list[list[Text]], kept: list[int]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    gap = next((n for n, i in enumerate(kept) if n != i), None)
    for n, index in enumerate(kept):
        if n == gap:
            table.add_column("…")
        column = columns[index]
        table.add_column(
            Text(wording.cell(column.name), style="bold"),
            justify="right" if column.type in NUMBERS else "left",
            max_width=MAX_CELL,
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in cells:
        shown = [row[index] for index in kept]
        table.add_row(*(shown if gap is None else [*shown[:gap], Text("…"), *shown[gap:]]))
    return table


def _rounded(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def _shown(value: Any) -> Text:
    if value is None:
        return Text("NULL", style="dim italic")
    return Text(wording.cell(text_of(value)))
