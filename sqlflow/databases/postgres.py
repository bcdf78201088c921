"""PostgreSQL, by psycopg: any statement as it stands, its rows in chunks as the server makes them.

A server-side cursor would stream too, but only a bare query can be declared as one. libpq's
chunked mode streams whatever has rows, in the simple protocol, without touching the text.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg
from psycopg import adapt, capabilities, generators, pq

from sqlflow.databases import connections, options, postgres_types
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

    from psycopg.pq.abc import PGresult

    from sqlflow.databases.dsns import DSN
    from sqlflow.databases.results import Rows
    from sqlflow.wire.rows import Column, Type

_CONNECT_TIMEOUT = 10.0
_CHUNK = 512
_AWAY = re.compile(
    "Connection refused|could not translate|failed to resolve|timeout expired|No route|unreachable"
    "|Connection reset|closed the connection|starting up|shutting down|too many"
)
_FINE = (
    *(pq.ExecStatus.TUPLES_CHUNK, pq.ExecStatus.SINGLE_TUPLE, pq.ExecStatus.TUPLES_OK),
    *(pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY),
)


def open_connection(dsn: DSN, on_wait: Callable[[str], None]) -> Postgres:
    """Log in."""
    del on_wait  # A server has no file to wait for.
    timeout = options.seconds(dsn, "connect_timeout", default=_CONNECT_TIMEOUT)
    given: dict[str, Any] = {k: v for k, v in dsn.options.items() if k != "connect_timeout"}
    try:
        connection = psycopg.connect(
            host=dsn.host,
            port=dsn.port,
            user=dsn.user or None,
            password=dsn.password or None,
            dbname=dsn.database or None,
            connect_timeout=max(2, round(timeout)),
            autocommit=True,
            **given,
        )
    except psycopg.Error as error:
        text = dsn.redact(str(error).strip())
        kind = UnavailableError if _AWAY.search(text) else DataSourceError
        # Without the cause: the driver's frames hold the password.
        raise kind(text) from None
    postgres_types.register(connection.adapters)
    return Postgres(connection)


class Postgres(connections.Connection):
    """A connection to a PostgreSQL server."""

    dialect = "postgres"
    type_names: ClassVar[Mapping[Type, str]] = postgres_types.TYPE_NAMES

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__()
        self._connection = connection
        self._reading = False

    def close(self) -> None:
        self._connection.close()

    def _run(self, sql: str, parameters: Sequence[object]) -> Answer:
        if parameters:
            text = sql.replace("%", "%%").replace("?", "%s")
            sql = psycopg.ClientCursor(self._connection).mogrify(text, parameters)
        pgconn = self._connection.pgconn
        pgconn.send_query(sql.encode())
        self._reading = True
        if capabilities.has_stream_chunked():
            pgconn.set_chunked_rows_mode(_CHUNK)
        else:
            pgconn.set_single_row_mode()
        self._connection.wait(generators.send(pgconn))
        answer = Answer()
        while result := self._next():
            if result.nfields:
                return self._rows(result)
            if result.command_tuples is not None:
                answer = Answer(affected=result.command_tuples)
        return answer

    def _rows(self, first: PGresult) -> Answer:
        rows = itertools.chain.from_iterable(self._chunks(first))
        return Answer(
            columns=postgres_types.columns(first, self._connection.adapters.types),
            fetch=lambda size: list(itertools.islice(rows, size)),
        )

    def _next(self) -> PGresult | None:
        """Return the next piece of the answer; None at its end."""
        result: PGresult | None = self._connection.wait(generators.fetch(self._connection.pgconn))
        if result is None:
            self._reading = False
            return None
        if result.status in _FINE:
            return result
        if result.status == pq.ExecStatus.FATAL_ERROR:
            self._finish()
            raise psycopg.errors.error_from_result(result)
        # COPY from or to the client: nobody is there to send or take the data.
        self._reading = False
        self._connection.close()
        raise StatementError("COPY FROM STDIN and COPY TO STDOUT have no meaning in a program")

    def _chunks(self, result: PGresult | None) -> Iterator[Rows]:
        transformer = adapt.Transformer(self._connection)
        first = True
        while result is not None and result.nfields:
            transformer.set_pgresult(result, set_loaders=first)
            first = False
            yield transformer.load_rows(0, result.ntuples, tuple)
            if result.status == pq.ExecStatus.TUPLES_OK:
                break
            result = self._next()
        self._finish()

    def _finish(self) -> None:
        """Take what is left of the answer; an error in it still counts."""
        while self._reading and self._next():
            pass

    def _end_reading(self) -> None:
        if not self._reading:
            return
        if self._connection.pgconn.transaction_status == pq.TransactionStatus.ACTIVE and not (
            self._in_transaction
        ):
            # Within a transaction a cancelled query would take the transaction with it.
            self._connection.cancel_safe()
        with contextlib.suppress(psycopg.Error):
            self._finish()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: psycopg.Error) -> SQLFlowError:
        text = str(error).strip()
        if self._connection.closed:
            return UnavailableError(f"the connection to the server was lost: {text}")
        state = error.sqlstate or ""
        kind = next((kind for start, kind in _KINDS if state.startswith(start)), StatementError)
        return kind(text)

    def table_exists(self, name: str) -> bool:
        return self.execute("SELECT to_regclass(?)", [self.qualify(name)]).rows()[0][0] is not None

    def _insert_batch(
        self, table: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]
    ) -> None:
        names = ", ".join(self.quote(column.name) for column in columns)
        with (
            self._errors(),
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copy,
        ):
            for row in rows:
                copy.write_row(row)


_KINDS: tuple[tuple[str, type[SQLFlowError]], ...] = (
    ("53100", StorageError),
    ("58030", StorageError),
    ("40", BusyError),
    ("55P03", BusyError),
    ("53", BusyError),
)
