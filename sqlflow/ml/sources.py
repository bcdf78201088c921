"""The rows of a query, kept in a file while they are used.

A query runs once. To train, its rows go in batches into an Arrow file in a temporary folder, and
the file is mapped into memory: it may be larger than memory, it can be read again and again (once
for the categories, once for the matrix), and the data source is free while a model trains.

To predict, each row comes back beside its prediction exactly as it was. Arrow batches carry some
types as doubles, so these rows wait as pickles, which lose nothing and cost a fraction of JSON.
Pickle is no format for what comes from elsewhere, such as a model; this file is in a folder of
this process's own, written and read by it alone. The rows have to wait: the table that is written
may be one that is read.
"""

from __future__ import annotations

import collections
import errno
import pickle
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlflow.databases import arrow
from sqlflow.errors import DataError, StorageError
from sqlflow.ml import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlflow.databases import Connection, Result
    from sqlflow.wire.rows import Column

BATCH = 8192
"""Rows of a batch: a few MiB, and enough that the cost of a batch does not show."""


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Dataset:
    """The rows of one query.

    Attributes:
        columns: names and types; no name twice.
        table: the rows, a ``pyarrow.Table`` over the mapped file.
    """

    columns: tuple[Column, ...]
    table: Any

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.table.num_rows)

    def column(self, name: str) -> Column:
        """Return the column of that name (which exists)."""
        return next(c for c in self.columns if c.name == name)

    def find(self, name: str) -> str | None:
        """Return the name as the select spells it, None if it has no such column."""
        return names.find(name, (c.name for c in self.columns))

    def renamed(self, spelled: Mapping[str, str]) -> Dataset:
        """Return some of the columns under other names, given as new name → name here."""
        columns = tuple(replace(self.column(old), name=new) for new, old in spelled.items())
        table = self.table.select(list(spelled.values())).rename_columns(list(spelled))
        return Dataset(columns, table)

    def values(self, name: str) -> Any:
        """Return the cells of a column, a ``pyarrow.ChunkedArray``."""
        return self.table.column(name)

    def batches(self, size: int = BATCH) -> Iterator[Any]:
        """Yield the rows as ``pyarrow.RecordBatch``, in order."""
        return iter(self.table.to_batches(max_chunksize=size))


@contextmanager
def workspace() -> Iterator[Path]:
    """Give a folder for the files of one statement; it is gone afterwards.

    Raises:
        StorageError: the disk that holds it is full.
    """
    with tempfile.TemporaryDirectory(prefix="sqlflow-") as folder:
        try:
            yield Path(folder)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            place = Path(folder).parent
            raise StorageError(f"the disk is full: no place for the rows in {place}") from error


def query(connection: Connection, select: str) -> Result:
    """Run a query and look at its columns, before any row is read.

    Raises:
        DataError: the query gives a column name twice, or gives no columns.
        StatementError: the database refuses the query.
    """
    result = connection.execute(select)
    if not result.columns:
        raise DataError("the statement before TO returns no rows; a SELECT was expected")
    counts = collections.Counter(c.name.casefold() for c in result.columns)
    twice = next((c.name for c in result.columns if counts[c.name.casefold()] > 1), None)
    if twice is not None:
        raise DataError(
            f'the select returns {counts[twice.casefold()]} columns named "{twice}"; '
            "give each a name of its own with AS"
        )
    return result


def fetch(result: Result, path: Path) -> Dataset:
    """Keep the rows of a query in a new file, for training."""
    _spill(result.arrow_batches(BATCH), path)
    return Dataset(result.columns, _open(path, result.columns))


def _spill(batches: Iterator[Any], path: Path) -> None:
    """Write the batches; no file if there are none: the types of cells are known by then only."""
    import pyarrow as pa

    first = next(batches, None)
    if first is None:
        return
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, first.schema) as writer:
        writer.write_batch(first)
        for batch in batches:
            writer.write_batch(batch)


def _open(path: Path, columns: tuple[Column, ...]) -> Any:
    import pyarrow as pa

    if not path.exists():
        return pa.table({c.name: pa.nulls(0) for c in columns})
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    return table.rename_columns([c.name for c in columns])


@dataclass(frozen=True, slots=True)
class Spool:
    """Rows that wait in a file, exactly as they were.

    Attributes:
        columns: of the rows.
        path: of the file.
        size: how many batches there are.
    """

    columns: tuple[Column, ...]
    path: Path
    size: int

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows in the batches in which they came."""
        with self.path.open("rb") as file:
            for _ in range(self.size):
                yield pickle.load(file)  # noqa: S301 - this process wrote it


def spool(result: Result, path: Path) -> Spool:
    """Keep the rows of a query in a new file, to be given back."""
    size = 0
    with path.open("wb") as file:
        for rows in result.batches(BATCH):
            pickle.dump(rows, file, pickle.HIGHEST_PROTOCOL)
            size += 1
    return Spool(result.columns, path, size)


def arrow_batch(columns: Sequence[Column], rows: list[tuple[Any, ...]]) -> Any:
    """Return rows as one ``pyarrow.RecordBatch``, with the types that a training sees."""
    return next(arrow.from_rows(columns, iter([rows])))
