"""MySQL and MariaDB, by PyMySQL: rows are taken from the socket as they are asked for."""

from __future__ import annotations

import contextlib
import ssl
import time
from typing import TYPE_CHECKING, Any, ClassVar

import pymysql
from pymysql import cursors
from pymysql.charset import charset_by_name
from pymysql.constants import ER

from sqlflow.databases import connections, identifiers, mysql_types, options
from sqlflow.databases.connections import Answer
from sqlflow.errors import (
    BusyError,
    DataSourceError,
    SQLFlowError,
    StatementError,
    StorageError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlflow.databases.connections import Batches
    from sqlflow.databases.dsns import DSN
    from sqlflow.databases.results import Rows
    from sqlflow.wire.rows import Column, Type

_CONNECT_TIMEOUT = 10.0
_SOON = 0.2
"""Seconds that rows wait for further ones: whoever looks at a slow query is to see it move."""
_PACKET = 1 << 20
"""Bytes of one INSERT, far below any server's ``max_allowed_packet``."""


def open_connection(dsn: DSN, on_wait: Callable[[str], None]) -> MySQL:
    """Log in."""
    del on_wait  # A server has no file to wait for.
    arguments = _arguments(dsn)
    try:
        return MySQL(lambda: pymysql.connect(**arguments))
    except (pymysql.Error, RuntimeError) as error:
        # RuntimeError: a login needs the package `cryptography`, says PyMySQL.
        found = _translated(error) if isinstance(error, pymysql.Error) else StatementError(error)
        if isinstance(found, StatementError):
            found = DataSourceError(str(found))
        # Without the cause: the driver's frames hold the password.
        raise type(found)(dsn.redact(f"{dsn.host}:{dsn.port}: {found}")) from None


def _arguments(dsn: DSN) -> dict[str, Any]:
    connect = options.seconds(dsn, "connect_timeout", "timeout", default=_CONNECT_TIMEOUT)
    charset = dsn.options.get("charset", "utf8mb4")
    if charset_by_name(charset) is None:
        raise DataSourceError(f"unknown charset {charset!r}")
    # Zero is PyMySQL's "no limit", as in the form of 2020.
    read = options.seconds(dsn, "read_timeout", "readTimeout", default=0)
    write = options.seconds(dsn, "write_timeout", "writeTimeout", default=0)
    return {
        "host": dsn.host,
        "port": dsn.port,
        "user": dsn.user or None,
        # As bytes: text would have to be Latin-1.
        "password": dsn.password.encode(),
        "database": dsn.database or None,
        "charset": charset,
        "connect_timeout": connect,
        "read_timeout": read or None,
        "write_timeout": write or None,
        "autocommit": True,
        "cursorclass": cursors.SSCursor,
        "conv": mysql_types.CONVERSIONS,
        **_encryption(dsn),
    }


def _encryption(dsn: DSN) -> dict[str, Any]:
    """Return the arguments for TLS: if the server has it, unless the DSN says more."""
    authority = dsn.options.get("ssl_ca")
    modes = ("true", "skip-verify", "preferred", "false")
    mode = options.choice(dsn, "tls", *modes, default="true" if authority else "preferred")
    if mode == "true":
        return {"ssl_ca": authority, "ssl_verify_cert": True, "ssl_verify_identity": True}
    if mode == "skip-verify":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return {"ssl": context}
    return {"ssl_disabled": True} if mode == "false" else {}


def _soon(cursor: cursors.SSCursor, size: int) -> Iterator[Any]:
    """Take so many rows, or those that come within a short while and the next."""
    until = time.monotonic() + _SOON
    for _ in range(size):
        row = cursor.fetchone()
        if row is None:
            return
        yield row
        if time.monotonic() >= until:
            return


class MySQL(connections.Connection):
    """A connection to a MySQL or MariaDB server."""

    dialect = "mysql"
    type_names: ClassVar[Mapping[Type, str]] = mysql_types.TYPE_NAMES
    quote_mark = "`"

    def __init__(self, login: Callable[[], pymysql.Connection[Any]]) -> None:
        super().__init__()
        self._login = login
        self._connection: Any = login()
        self._cursor: Any = self._connection.cursor()

    def close(self) -> None:
        if not self._connection.open:
            return
        self._forget_rows()
        self._connection.close()

    def _run(self, sql: str, parameters: Sequence[object]) -> Answer:
        self._cursor = cursor = self._connection.cursor()
        if parameters:
            cursor.execute(sql.replace("%", "%%").replace("?", "%s"), parameters)
        else:
            cursor.execute(sql)
        # A procedure answers more than once; the first answer with rows counts.
        while cursor.description is None and cursor.nextset():
            pass
        if cursor.description is None:
            return Answer(affected=cursor.rowcount)
        # PyMySQL shows character set and flags of a column only here.
        fields = cursor._result.fields  # noqa: SLF001
        columns = tuple(map(mysql_types.column, fields))

        def fetch(size: int) -> Rows:
            return mysql_types.converted(columns, list(_soon(cursor, size)))

        return Answer(columns=columns, fetch=fetch)

    def _end_reading(self) -> None:
        if self._is_reading():
            # The server sends all rows before it listens again, unless told to stop from aside.
            with self._login() as other, other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {self._connection.thread_id()}")
        try:
            self._drain()
        except pymysql.Error as error:
            self._forget_rows()
            if error.args[0] != ER.QUERY_INTERRUPTED:
                raise

    def _drain(self) -> None:
        """Take all that the server still sends; PyMySQL's own cursor leaves later results open."""
        more: object = self._cursor.connection is not None
        while more:
            while self._cursor.description and self._cursor.fetchmany(1024):
                pass
            more = self._cursor.nextset()

    def _is_reading(self) -> bool:
        result = self._cursor._result  # noqa: SLF001 — nothing public tells
        return result is not None and result.unbuffered_active

    def _forget_rows(self) -> None:
        """Keep PyMySQL from waiting for rows, as it would even when its objects are deleted."""
        if self._is_reading():
            self._cursor._result.unbuffered_active = False  # noqa: SLF001
        self._cursor.connection = None

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except pymysql.Error as error:
            raise _translated(error) from error

    def table_exists(self, name: str) -> bool:
        *database, table = identifiers.split(name)
        where = "table_name = ? AND table_schema = " + ("?" if database else "DATABASE()")
        found = self.execute(
            f"SELECT 1 FROM information_schema.tables WHERE {where}", [table, *database]
        )
        return bool(found.rows())

    def replace_table(self, table: str, columns: Sequence[Column], batches: Batches) -> int:
        """Make a table anew: MySQL commits at each CREATE, but renames two tables as one."""
        fresh = self._create_sibling(table, columns)
        try:
            count = self.insert(fresh, columns, batches)
            old = identifiers.beside(table, "sqlflow_old") if self.table_exists(table) else ""
            swap = f"{self.qualify(fresh)} TO {self.qualify(table)}"
            if old:
                swap = f"{self.qualify(table)} TO {self.qualify(old)}, {swap}"
            self.execute(f"RENAME TABLE {swap}")
        except BaseException:
            with contextlib.suppress(SQLFlowError):
                self.execute(f"DROP TABLE {self.qualify(fresh)}")
            raise
        if old:
            self.execute(f"DROP TABLE {self.qualify(old)}")
        return count

    def _insert_batch(
        self, table: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]
    ) -> None:
        names = ", ".join(self.quote(column.name) for column in columns)
        head = f"INSERT INTO {table} ({names}) VALUES "
        places = f"({','.join(['%s'] * len(columns))})"
        with self._errors(), self._connection.cursor() as cursor:
            literals = [cursor.mogrify(places, tuple(row)) for row in rows]
        start = size = 0
        for end, literal in enumerate(literals):
            size += len(literal)
            if size > _PACKET and end > start:
                self.execute(head + ",".join(literals[start:end]))
                start, size = end, len(literal)
        self.execute(head + ",".join(literals[start:]))


_KINDS: tuple[tuple[frozenset[int], type[SQLFlowError]], ...] = (
    (frozenset({1053, 1077, 1927, 2002, 2003, 2005, 2006, 2013}), UnavailableError),
    (frozenset({1040, 1203, 1205, 1213}), BusyError),
    (frozenset({3, 1021, 1114}), StorageError),
)
_NO_SPACE = 28
"""The system's error number, in the text of a storage engine's error."""


def _translated(error: pymysql.Error) -> SQLFlowError:
    code, text = error.args if len(error.args) == 2 else (None, str(error))
    if code == 0:
        return UnavailableError("the connection to the server was lost")
    if code == 1030 and f" {_NO_SPACE} " in text:
        return StorageError(text)
    kind = next((kind for codes, kind in _KINDS if code in codes), StatementError)
    return kind(f"{text} (error {code})" if code else text)
