"""SQLite: a file that several processes may use at once, one writer at a time.

A column has no type, only its cells do, so every column of a result is ``any``: a declared type
would be a guess. Write-ahead logging lets readers go on while one writes; writers wait for each
other as long as the busy timeout says.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from sqlflow.databases import connections, files, identifiers, options
from sqlflow.databases.connections import Answer
from sqlflow.errors import (
    BusyError,
    DataSourceError,
    SQLFlowError,
    StatementError,
    StorageError,
)
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlflow.databases.dsns import DSN

_BUSY_TIMEOUT = 30.0
_INT64 = range(-(2**63), 2**63)


def open_connection(dsn: DSN, on_wait: Callable[[str], None]) -> SQLite:
    """Open the file; it is made if it does not exist."""
    del on_wait  # SQLite does not say who holds the file.
    path = files.check(dsn)
    read_only = options.flag(dsn, "read_only")
    timeout = options.seconds(dsn, "timeout", default=_BUSY_TIMEOUT)
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={'ro' if read_only else 'rwc'}",
            uri=True,
            timeout=timeout,
            isolation_level=None,
        )
        try:
            # Both touch the file, so that what is no database is found here.
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1")
            if not read_only:
                connection.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        found = _translated(error)
        if isinstance(found, StatementError):
            found = DataSourceError(str(found))
        raise type(found)(f"{path} can't be opened: {found}") from error
    connection.text_factory = _text
    return SQLite(connection)


class SQLite(connections.Connection):
    """A connection to a SQLite file."""

    dialect = "sqlite"
    type_names: ClassVar[Mapping[Type, str]] = {
        Type.BOOL: "BOOLEAN",
        Type.INT64: "INTEGER",
        Type.DOUBLE: "REAL",
        Type.BYTES: "BLOB",
        # A column without a type keeps each cell as it is.
        Type.ANY: "",
        # SQLite has no numbers beyond 64 bits, decimals or dates: text is exact.
        **dict.fromkeys((Type.HUGEINT, Type.DECIMAL, Type.TEXT, Type.JSON), "TEXT"),
        **dict.fromkeys((Type.DATE, Type.TIME, Type.TIMESTAMP, Type.TIMESTAMPTZ), "TEXT"),
    }

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection
        self._cursor = connection.cursor()

    def close(self) -> None:
        with self._errors():
            self._connection.close()

    def _run(self, sql: str, parameters: Sequence[object]) -> Answer:
        self._cursor = cursor = self._connection.execute(sql, list(map(_bound, parameters)))
        if cursor.description is None:
            return Answer(affected=cursor.rowcount)
        columns = tuple(Column(name, Type.ANY) for name, *_ in cursor.description)
        return Answer(columns=columns, fetch=cursor.fetchmany)

    def _end_reading(self) -> None:
        self._cursor.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _translated(error) from error

    def table_exists(self, name: str) -> bool:
        *schema, table = identifiers.split(name)
        where = "name = ? COLLATE NOCASE" + " AND schema = ? COLLATE NOCASE" * len(schema)
        query = f"SELECT 1 FROM pragma_table_list WHERE {where}"
        return bool(self.execute(query, [table, *schema]).rows())

    def _insert_batch(
        self, table: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]
    ) -> None:
        names = ", ".join(self.quote(column.name) for column in columns)
        places = ", ".join("?" * len(columns))
        with self._errors():
            self._connection.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({places})",
                ([_bound(value) for value in row] for row in rows),
            )


def _bound(value: object) -> Any:
    """Return what SQLite can store of a value: text for what it has no type for."""
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal) or (isinstance(value, int) and value not in _INT64):
        return str(value)
    return value


def _text(stored: bytes) -> str | bytes:
    """Return a text cell. SQLite does not check that it is UTF-8; what is not stays bytes."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


_KINDS: Mapping[int, type[SQLFlowError]] = {
    sqlite3.SQLITE_BUSY: BusyError,
    sqlite3.SQLITE_LOCKED: BusyError,
    sqlite3.SQLITE_FULL: StorageError,
    sqlite3.SQLITE_IOERR: StorageError,
    sqlite3.SQLITE_NOTADB: DataSourceError,
    sqlite3.SQLITE_CORRUPT: DataSourceError,
    sqlite3.SQLITE_CANTOPEN: DataSourceError,
}


def _translated(error: sqlite3.Error) -> SQLFlowError:
    # The low byte is the primary code. Errors of the module itself have none.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return _KINDS.get(code, StatementError)(str(error))
