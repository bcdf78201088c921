"""DuckDB: the embedded default.

Types are settled before a query runs: DESCRIBE gives their names, and columns that the driver
would not hand over exactly (it makes 9999-12-31 of an infinite date, cuts nanoseconds, needs pytz
for time zones) are cast by DuckDB itself, around the query.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

from sqlflow.databases import connections, results
from sqlflow.databases.results import Result
from sqlflow.errors import StatementError
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from sqlflow.databases.dsns import DSN

_TYPES = {
    "BOOLEAN": Type.BOOL,
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), Type.INT64),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER"), Type.INT64),
    **dict.fromkeys(("UBIGINT", "HUGEINT", "UHUGEINT"), Type.HUGEINT),
    **dict.fromkeys(("FLOAT", "DOUBLE"), Type.DOUBLE),
    "VARCHAR": Type.TEXT,
    "BLOB": Type.BYTES,
    "DATE": Type.DATE,
    "TIME": Type.TIME,
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"), Type.TIMESTAMP),
    "TIMESTAMP WITH TIME ZONE": Type.TIMESTAMPTZ,
    "JSON": Type.JSON,
}
_NESTED = re.compile(r"(STRUCT|MAP|UNION)\(.*|.*\[\d*\]|VARIANT", re.DOTALL)
_TEMPORAL: Mapping[Type, Callable[[str], Any]] = {
    Type.DATE: dt.date.fromisoformat,
    Type.TIME: dt.time.fromisoformat,
    Type.TIMESTAMP: dt.datetime.fromisoformat,
    Type.TIMESTAMPTZ: dt.datetime.fromisoformat,
}


def open_connection(dsn: DSN, on_wait: Callable[[str], None]) -> DuckDB:
    """Open the file; it is made if it does not exist."""
    del on_wait
    with _errors():
        return DuckDB(duckdb.connect(str(dsn.path)))


class DuckDB(connections.Connection):
    """A connection to a DuckDB file."""

    dialect = "duckdb"
    type_names: ClassVar[Mapping[Type, str]] = {
        Type.BOOL: "BOOLEAN",
        Type.INT64: "BIGINT",
        Type.HUGEINT: "HUGEINT",
        Type.DOUBLE: "DOUBLE",
        Type.DECIMAL: "DECIMAL(38,10)",
        Type.TEXT: "VARCHAR",
        Type.JSON: "JSON",
        Type.BYTES: "BLOB",
        Type.DATE: "DATE",
        Type.TIME: "TIME",
        Type.TIMESTAMP: "TIMESTAMP",
        Type.TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE",
        Type.ANY: "VARCHAR",
    }

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__()
        self._connection = connection

    def close(self) -> None:
        self._connection.close()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Result:
        with _errors():
            cursor = self._connection.execute(sql, parameters)
            description = cursor.description
            columns = tuple(Column(n, *_typed(str(t))) for n, t, *_ in description)
            if [c.name for c in columns] in (["Count"], ["Success"]) and cursor.rowcount >= -1:
                return Result(affected=cursor.rowcount)
            return Result(columns=columns, read=self._read)

    def _read(self, size: int) -> Generator[results.Rows]:
        with _errors():
            while rows := self._connection.fetchmany(size):
                yield rows

    def table_exists(self, name: str) -> bool:
        try:
            self.execute(f"DESCRIBE {self.qualify(name)}")
        except StatementError:
            return False
        return True

    def _insert_batch(
        self, table: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]
    ) -> None:
        names = ", ".join(self.quote(c.name) for c in columns)
        # A list for each column: eight times faster than rows of parameters.
        lists = ", ".join(f"unnest(?::{self._type_name(c)}[])" for c in columns)
        self.execute(
            f"INSERT INTO {table} ({names}) SELECT {lists}",
            [list(values) for values in zip(*rows, strict=True)],
        )


def _typed(name: str) -> tuple[Type, str]:
    if name.startswith("DECIMAL("):
        return Type.DECIMAL, name
    if _NESTED.fullmatch(name):
        return Type.JSON, ""
    kind = _TYPES.get(name)
    return (kind, name) if kind else (Type.TEXT, "")


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise StatementError(str(error)) from error
