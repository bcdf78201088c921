"""DuckDB: the embedded default."""

from __future__ import annotations

import contextlib
import itertools
import re
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import duckdb

from sqlflow.databases import (
    arrow,
    connections,
    duckdb_types,
    filelocks,
    files,
    identifiers,
    options,
    temporals,
)
from sqlflow.databases.connections import Answer
from sqlflow.errors import (
    BusyError,
    DataSourceError,
    SQLFlowError,
    StatementError,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from sqlflow.databases.dsns import DSN
    from sqlflow.databases.results import Rows
    from sqlflow.wire.rows import Column, Type

_T = TypeVar("_T")

_LOCK_TIMEOUT = 30.0
"""Seconds to wait for a program that holds the file and takes no part in our locking."""

_RETRY = 0.1

_STREAM = "1MB"
"""What DuckDB may compute ahead of the reader. More makes it no faster; at its own 10 MiB, buffers
come and go and with them 30 MiB of the process's memory."""

_CONFLICT = re.compile(
    r'lock on file "(?P<file>.+)": Conflicting lock is held in (?P<program>.+) '
    r"\(PID (?P<process>\d+)\)"
)
_DISK = re.compile(r"No space left on device|File too large|Disk quota exceeded|Input/output error")
_NO_ROWS = (("Count",), ("Success",))


def open_connection(dsn: DSN, on_wait: Callable[[str], None]) -> DuckDB:
    """Open the file, when it is this process's turn; it is made if it does not exist."""
    path = files.check(dsn)
    read_only = options.flag(dsn, "read_only")
    lock = filelocks.hold(path, shared=read_only, on_wait=on_wait)
    try:
        connection = _opened(path, dsn, read_only=read_only, on_wait=on_wait)
        return DuckDB(connection, lock, on_wait)
    except BaseException:
        lock.release()
        raise


def _opened(
    path: Path, dsn: DSN, *, read_only: bool, on_wait: Callable[[str], None]
) -> duckdb.DuckDBPyConnection:
    config: dict[str, Any] = {
        name: dsn.options[name] for name in ("threads", "memory_limit") if name in dsn.options
    }
    # Or a missing table's name would be looked up among the variables of this very module.
    config["python_enable_replacements"] = "false"
    timeout = options.seconds(dsn, "lock_timeout", default=_LOCK_TIMEOUT)
    try:
        return _patiently(
            lambda: duckdb.connect(str(path), read_only=read_only, config=config),
            timeout=timeout,
            on_wait=on_wait,
        )
    except duckdb.Error as error:
        raise _refusal(path, error) from error


def _patiently(attempt: Callable[[], _T], *, timeout: float, on_wait: Callable[[str], None]) -> _T:
    """Try until the file is free, which a program that takes no part in our locking may hold."""
    deadline, told = time.monotonic() + timeout, False
    while True:
        try:
            return attempt()
        except duckdb.Error as error:
            conflict = _CONFLICT.search(str(error))
            if conflict is None:
                raise
            name = conflict["file"].rpartition("/")[2]
            holder = f"{conflict['program']} (process {conflict['process']})"
            if time.monotonic() >= deadline:
                raise BusyError(
                    f"{name} has been held for {timeout:g} s by {holder}; close it and try again"
                ) from error
        if not told:
            on_wait(f"waiting up to {timeout:g} s for {name}, which is held by {holder}")
            told = True
        time.sleep(_RETRY)


def _refusal(path: Path, error: duckdb.Error) -> SQLFlowError:
    if _DISK.search(str(error)):
        return StorageError(f"{path}: {error}")
    return DataSourceError(f"{path} can't be opened: {error}")


class DuckDB(connections.Connection):
    """A connection to a DuckDB file."""

    dialect = "duckdb"
    type_names: ClassVar[Mapping[Type, str]] = duckdb_types.TYPE_NAMES

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        lock: filelocks.Hold,
        on_wait: Callable[[str], None],
    ) -> None:
        super().__init__()
        connection.execute(f"SET streaming_buffer_size = '{_STREAM}'")
        self._on_wait = on_wait
        self._connection = connection
        self._lock: filelocks.Hold | None = lock
        self._stream: pa.RecordBatchReader | None = None

    def close(self) -> None:
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        try:
            self._end_reading()
            self._connection.close()
        finally:
            lock.release()

    def _run(self, sql: str, parameters: Sequence[object]) -> Answer:
        statements = self._connection.extract_statements(sql)
        if not statements:
            return Answer()
        if [statement.type for statement in statements] == [duckdb.StatementType.SELECT]:
            return self._query(sql, parameters)
        # Waiting is for ATTACH: that file is locked by DuckDB alone, perhaps for another step.
        relation = _patiently(
            lambda: self._connection.sql(sql, params=list(parameters) or None),
            timeout=_LOCK_TIMEOUT,
            on_wait=self._on_wait,
        )
        shape = duckdb_types.Shape.of(relation.columns, relation.types)
        if tuple(relation.columns) in _NO_ROWS:
            counts = relation.fetchall()
            return Answer(affected=counts[0][0] if counts else -1)
        return _kept(relation, shape)

    def _query(self, sql: str, parameters: Sequence[object]) -> Answer:
        """Bind a query, which gives its columns; it runs when it is read.

        By then it is known whether rows or Arrow are wanted: one would be a copy of the other.
        """
        shape = self._described(sql, parameters)
        started = False

        def fetch(size: int) -> Rows:
            nonlocal started
            if not started:
                started = True
                self._connection.execute(duckdb_types.around(sql, shape.exact), parameters)
            return temporals.parse_columns(shape.columns, self._connection.fetchmany(size))

        def batches(size: int) -> Iterator[pa.RecordBatch]:
            relation = self._connection.sql(
                duckdb_types.around(sql, shape.arrow), params=list(parameters) or None
            )
            self._stream = relation.to_arrow_reader(size)
            return _cast(self._stream, arrow.schema(shape.columns))

        return Answer(columns=shape.columns, fetch=fetch, arrow=batches)

    def _described(self, sql: str, parameters: Sequence[object]) -> duckdb_types.Shape:
        try:
            found = self._connection.execute(f"DESCRIBE {sql}", parameters).fetchall()
        except duckdb.Error:
            if not self._in_transaction:
                # It fails by itself as well, and with the right place in its text.
                self._connection.execute(sql, parameters)
            raise
        return duckdb_types.Shape.of([name for name, *_ in found], [kind for _, kind, *_ in found])

    def _end_reading(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._connection.abort()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            kind = StorageError if _DISK.search(str(error)) else StatementError
            raise kind(str(error)) from error

    def table_exists(self, name: str) -> bool:
        *place, table = (part.lower() for part in identifiers.split(name))
        listed = self.execute(
            "SELECT lower(table_catalog), lower(table_schema), lower(current_database()), "
            "lower(current_schema()) FROM information_schema.tables WHERE lower(table_name) = ?",
            [table],
        )
        return any(place in _places(*row) for row in listed.rows())

    def _insert_batch(
        self, table: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]
    ) -> None:
        names = ", ".join(self.quote(column.name) for column in columns)
        # A list for each column: eight times faster than rows of parameters.
        lists = ", ".join(f"unnest(?::{self._type_name(column)}[])" for column in columns)
        self.execute(
            f"INSERT INTO {table} ({names}) SELECT {lists}",
            [list(values) for values in zip(*rows, strict=True)],
        )


def _places(database: str, schema: str, own: str, current: str) -> Iterator[list[str]]:
    """Yield what may stand before a table's name, given where it and the session are."""
    yield [database, schema]
    # DuckDB takes a single part for a database or a schema, whichever there is.
    if schema == "main":
        yield [database]
    if database == own:
        yield [schema]
        if schema == current:
            yield []


def _kept(relation: duckdb.DuckDBPyRelation, shape: duckdb_types.Shape) -> Answer:
    """Answer with the rows that a statement other than a query has left (RETURNING, PRAGMA)."""
    cells = ", ".join(cast.format(f"#{i}") for i, cast in enumerate(shape.exact, start=1))
    rows = iter(temporals.parse_columns(shape.columns, relation.project(cells).fetchall()))
    return Answer(columns=shape.columns, fetch=lambda size: list(itertools.islice(rows, size)))


def _cast(batches: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    try:
        for batch in batches:
            # DuckDB names the session's time zone in the type; the instants are the same.
            yield batch.rename_columns(schema.names).cast(schema)
    except (OSError, ValueError) as error:
        # pyarrow's own errors, with DuckDB's text.
        raise StatementError(str(error)) from error
