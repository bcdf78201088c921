"""Rows as CSV (RFC 4180 but for the ends of lines): NULL is empty, an empty text is ``""``.

Each table begins with its names; an empty line stands between tables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlflow.client.tables import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from sqlflow.wire.rows import Column

_QUOTED = re.compile(r'[",\r\n]|^$|^\s|\s$')


class CsvSink:
    """Writes rows as they come."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._begun = False
        self._tables = 0

    def rows(self, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> None:
        """Take some rows."""
        if not self._begun:
            self._begin(columns)
        self._out.writelines(_line(row) for row in rows)
        self._out.flush()

    def _begin(self, columns: Sequence[Column]) -> None:
        if self._tables:
            self._out.write("\n")
        self._out.write(_line([column.name for column in columns]))
        self._begun = True
        self._tables += 1

    def end(self) -> None:
        """End the table."""
        self._begun = False


def _line(values: Sequence[Any]) -> str:
    return ",".join(map(_field, values)) + "\n"


def _field(value: Any) -> str:
    if value is None:
        return ""
    text = text_of(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
