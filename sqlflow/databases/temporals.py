"""Dates and times as engines print them, into Python's, which do not reach as far.

Python knows the years 1 to 9999. What is beyond (``infinity``, years BC, MySQL's ``0000-00-00``
and ``838:59:59``) stays the text that the engine printed: exact, and legible.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlflow.wire.rows import Type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlflow.wire.rows import Column

PARSERS: Mapping[Type, Callable[[str], Any]] = {
    Type.DATE: dt.date.fromisoformat,
    Type.TIME: dt.time.fromisoformat,
    Type.TIMESTAMP: dt.datetime.fromisoformat,
    Type.TIMESTAMPTZ: dt.datetime.fromisoformat,
}


def parse(kind: Type, text: str) -> Any:
    """Return the value of a text in ISO 8601, or the text itself if Python has no such value."""
    try:
        return PARSERS[kind](text)
    except ValueError:
        return text


def parse_columns(columns: Sequence[Column], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Parse the columns of temporal types in rows where they are text."""
    places = [(i, c.type) for i, c in enumerate(columns) if c.type in PARSERS]
    if not places:
        return rows
    changed = [list(row) for row in rows]
    for index, kind in places:
        for row in changed:
            if row[index] is not None:
                row[index] = parse(kind, row[index])
    return list(map(tuple, changed))
