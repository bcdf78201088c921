"""Rows into records that fill a frame each, encoded many rows at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlflow.wire import frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlflow.wire.rows import RowCodec

HOLD_BACK = 0.1
"""Seconds for which rows wait at most for others to fill their frame."""

_FULL = frames.MAX_PAYLOAD * 9 // 10
_AT_FIRST = 16


def pack(codec: RowCodec, batches: Iterable[Sequence[Sequence[Any]]]) -> Iterator[str]:
    """Yield the records of all batches.

    The first rows come at once. A row that does not fit a frame gets a record of its own.
    """
    count = _AT_FIRST
    waiting: list[Sequence[Any]] = []
    shown = float("-inf")
    for batch in batches:
        waiting += batch
        start = 0
        overdue = time.monotonic() - shown > HOLD_BACK
        while len(waiting) - start >= count or (overdue and start < len(waiting)):
            record, taken, count = _fit(codec, waiting[start : start + count])
            start += taken
            yield record
            shown = time.monotonic()
        del waiting[:start]
    while waiting:
        record, taken, count = _fit(codec, waiting[:count])
        del waiting[:taken]
        yield record


def _fit(codec: RowCodec, rows: Sequence[Sequence[Any]]) -> tuple[str, int, int]:
    """Return a record of as many of the rows as fit, their number, and how many to try next."""
    while True:
        record = codec.encode(rows)
        size = len(record) if record.isascii() else len(record.encode("utf-8", "replace"))
        fitting = max(1, len(rows) * _FULL // size)
        if size <= frames.MAX_PAYLOAD or len(rows) == 1:
            return record, len(rows), fitting
        rows = rows[: min(fitting, len(rows) - 1)]
