"""The result of one statement: typed columns, and rows that are read once, in batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlflow.databases import arrow

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import pyarrow as pa

    from sqlflow.wire.rows import Column

    Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a statement gave.

    Rows stream: memory holds one batch. They can be read once, in one of the two ways, and only
    until the next statement on the same connection. On DuckDB a query starts when its first rows
    are asked for; errors in its text are found before.

    Attributes:
        columns: empty if the statement returns no rows.
        affected: the number of rows that were changed; -1 if the engine does not say.
        read: what :meth:`batches` calls.
        read_arrow: what :meth:`arrow_batches` calls, where the engine has Arrow of its own.
    """

    columns: tuple[Column, ...]
    affected: int
    read: Callable[[int], Generator[Rows]]
    read_arrow: Callable[[int], Generator[pa.RecordBatch]] | None = None

    def batches(self, size: int = 1024) -> Generator[Rows]:
        """Yield the rows, at most ``size`` at a time, never an empty batch."""
        return self.read(size)

    def arrow_batches(self, size: int = 16384) -> Generator[pa.RecordBatch]:
        """Yield the rows as Arrow, with the schema of :func:`sqlflow.databases.arrow.schema`."""
        if self.read_arrow is not None:
            return self.read_arrow(size)
        return arrow.from_rows(self.columns, self.read(size))

    def rows(self) -> Rows:
        """Return all rows at once: for results that are known to be small."""
        return [row for batch in self.batches() for row in batch]
