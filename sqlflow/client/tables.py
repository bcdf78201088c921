"""A result's rows: as tuples, as HTML, and on request as Arrow or a DataFrame."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from sqlflow.wire.rows import Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlflow.wire.rows import Column

MAX_HTML_ROWS = 200
"""So many rows are shown in a notebook; what is more is counted."""

NUMBERS = frozenset({Type.INT64, Type.HUGEINT, Type.DOUBLE, Type.DECIMAL})
"""The types whose cells stand at the right of their column."""


class Table:
    """The rows of one result.

    Attributes:
        columns: their names and types.
        rows: each a tuple of Python values; NULL is None.
    """

    def __init__(
        self, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]] | None = None
    ) -> None:
        self.columns = tuple(columns)
        self.rows: list[tuple[Any, ...]] = list(rows or ())

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        names = ", ".join(f"{c.name} {c.type}" for c in self.columns)
        return f"<Table ({names}), {len(self.rows)} rows>"

    @property
    def names(self) -> list[str]:
        """The names of the columns; they may repeat."""
        return [column.name for column in self.columns]

    def to_arrow(self) -> Any:
        """Return a pyarrow.Table whose types are the columns', also where all is NULL."""
        from sqlflow.client import columnar

        return columnar.to_arrow(self.columns, self.rows)

    def to_dataframe(self) -> Any:
        """Return a pandas.DataFrame; integers and booleans stay such beside NULLs."""
        from sqlflow.client import columnar

        return columnar.to_dataframe(self.columns, self.rows)

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th title="{html.escape(c.type)}">{html.escape(c.name)}</th>' for c in self.columns
        )
        body = "".join(self._html_row(row) for row in self.rows[:MAX_HTML_ROWS])
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<small>{html.escape(self._count())}</small>"
        )

    def _html_row(self, row: tuple[Any, ...]) -> str:
        cells = (
            f'<td style="text-align:{"right" if column.type in NUMBERS else "left"}">'
            f"{_html_cell(value)}</td>"
            for column, value in zip(self.columns, row, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    def _count(self) -> str:
        total = len(self.rows)
        text = count_text(total)
        return text if total <= MAX_HTML_ROWS else f"{text}, the first {MAX_HTML_ROWS} shown"


def _html_cell(value: Any) -> str:
    return "<em>NULL</em>" if value is None else html.escape(text_of(value))


def count_text(rows: int) -> str:
    """Return ``1 row`` or ``1,234 rows``."""
    return "1 row" if rows == 1 else f"{rows:,} rows"


def text_of(value: Any) -> str:
    r"""Return a value as text: NULL, true, false, bytes as ``\x00ff``, numbers in full."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return str(value)
