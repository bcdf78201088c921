"""Tables as text, in flat memory: the widths come from the first rows, the rest streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from sqlflow.client.tables import NUMBERS, count_text, text_of
from sqlflow_cli.views import wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from sqlflow.wire.rows import Column

SAMPLE = 1000
"""Rows that are looked at before the first is written."""


class GridSink:
    """Writes aligned columns; a wider cell further down pushes its own row aside only."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._columns: Sequence[Column] | None = None
        self._waiting: list[list[str]] = []
        self._widths: list[int] = []
        self._count = 0

    def rows(self, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> None:
        """Take some rows."""
        self._columns = columns
        self._count += len(rows)
        for row in rows:
            self._waiting.append([wording.cell(text_of(value)) for value in row])
        if len(self._waiting) >= SAMPLE:
            self._flush()

    def end(self) -> None:
        """Write what waits, and how many rows there were."""
        if self._columns is None:
            return
        self._flush()
        print(f"({count_text(self._count)})", file=self._out, flush=True)
        self._columns, self._widths, self._count = None, [], 0

    def _flush(self) -> None:
        assert self._columns is not None
        if not self._widths:
            self._begin([wording.cell(column.name) for column in self._columns])
        for row in self._waiting:
            print(self._line(row), file=self._out)
        self._waiting.clear()
        self._out.flush()

    def _begin(self, names: list[str]) -> None:
        self._widths = [
            max(map(cell_len, cells)) for cells in zip(names, *self._waiting, strict=True)
        ]
        print(self._line(names), file=self._out)
        print("  ".join("-" * width for width in self._widths), file=self._out)

    def _line(self, cells: list[str]) -> str:
        assert self._columns is not None
        padded = []
        for column, text, width in zip(self._columns, cells, self._widths, strict=True):
            pad = " " * (width - cell_len(text))
            padded.append(pad + text if column.type in NUMBERS else text + pad)
        return "  ".join(padded).rstrip()
