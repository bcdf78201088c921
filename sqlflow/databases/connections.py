"""What all engines share: one statement at a time, transactions, and writing tables.

A connection commits each statement on its own, unless inside :meth:`Connection.transaction`. It
serves **one statement at a time**: the next one ends the reading of the one before, and reading on
is an error rather than another statement's rows. An engine adds how to run, what its types are
called, and how its errors are told apart.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sqlflow.databases import identifiers
from sqlflow.databases.results import Result
from sqlflow.errors import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    import pyarrow as pa

    from sqlflow.databases.results import Rows
    from sqlflow.wire.rows import Column, Type

    Batches = Iterable[Sequence[Sequence[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an engine gives for a statement.

    Attributes:
        fetch: returns the next rows, at most so many; empty at the end.
        arrow: opens the rows as record batches of about so many rows, if the engine has them.
    """

    columns: tuple[Column, ...] = ()
    affected: int = -1
    fetch: Callable[[int], Rows] = lambda _size: []
    arrow: Callable[[int], Iterator[pa.RecordBatch]] | None = None


class Connection(ABC):
    """A session with a data source. Used by one thread; a context manager that closes."""

    dialect: ClassVar[str]
    type_names: ClassVar[Mapping[Type, str]]
    """What the columns of a new table are declared as."""
    quote_mark: ClassVar[str] = '"'

    def __init__(self) -> None:
        self._in_transaction = False
        self._statement = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Give everything back; a transaction that is still open is rolled back."""

    @abstractmethod
    def table_exists(self, name: str) -> bool:
        """Tell whether a table or view can be read by this name."""

    @abstractmethod
    def _run(self, sql: str, parameters: Sequence[object]) -> Answer: ...

    @abstractmethod
    def _end_reading(self) -> None:
        """Drop the rows of the statement before that nobody read."""

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Turn what the driver raises inside into errors of this project."""

    @abstractmethod
    def _insert_batch(
        self, table: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]
    ) -> None: ...

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Result:
        """Run one statement.

        Args:
            sql: without parameters it reaches the engine as it stands, ``%`` and ``?`` included.
            parameters: if there are any, each ``?`` in ``sql`` stands for one, on every engine.

        Raises:
            StatementError: the engine refused it (also while its rows are read).
            UnavailableError: the connection was lost.
            BusyError: a lock could not be had in time.
            StorageError: the disk is full or failing.
        """
        self._statement += 1
        with self._errors():
            self._end_reading()
            answer = self._run(sql, parameters)
        return Result(
            columns=answer.columns,
            affected=answer.affected,
            read=self._reader(answer.fetch),
            read_arrow=self._arrow_reader(answer.arrow) if answer.arrow else None,
        )

    def _reader(self, fetch: Callable[[int], Rows]) -> Callable[[int], Generator[Rows]]:
        statement = self._statement

        def read(size: int) -> Generator[Rows]:
            while True:
                self._require_current(statement)
                with self._errors():
                    rows = fetch(size)
                if not rows:
                    return
                yield rows

        return read

    def _arrow_reader(
        self, arrow: Callable[[int], Iterator[pa.RecordBatch]]
    ) -> Callable[[int], Generator[pa.RecordBatch]]:
        statement = self._statement

        def read(size: int) -> Generator[pa.RecordBatch]:
            self._require_current(statement)
            with self._errors():
                batches = arrow(size)
            while True:
                self._require_current(statement)
                with self._errors():
                    batch = next(batches, None)
                if batch is None:
                    return
                yield batch

        return read

    def _require_current(self, statement: int) -> None:
        if statement != self._statement:
            raise StatementError(
                "these rows are gone: another statement has run on their connection"
            )

    def quote(self, identifier: str) -> str:
        """Return one identifier as the engine quotes it."""
        return identifiers.quote(identifier, self.quote_mark)

    def qualify(self, name: str) -> str:
        """Return ``db.table`` with each part quoted."""
        return ".".join(map(self.quote, identifiers.split(name)))

    def columns(self, name: str) -> tuple[Column, ...]:
        """Return the columns of a table or view."""
        return self.execute(f"SELECT * FROM {self.qualify(name)} WHERE 1 = 0").columns

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that is done inside, or nothing. A nested one belongs to the outer."""
        if self._in_transaction:
            yield
            return
        self.execute("BEGIN")
        self._in_transaction = True
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            # The error that led here is the one to tell; closing rolls back as well.
            with contextlib.suppress(Exception):
                self.execute("ROLLBACK")
            raise
        finally:
            self._in_transaction = False

    def insert(self, table: str, columns: Sequence[Column], batches: Batches) -> int:
        """Add rows to a table, all or none; return how many.

        Args:
            table: ``table`` or ``db.table``.
            columns: those that are given; others get their defaults.
            batches: of rows of plain Python values (no numpy scalars); must not be read from this
                connection.
        """
        count = 0
        with self.transaction():
            for rows in batches:
                if rows:
                    self._insert_batch(self.qualify(table), columns, rows)
                    count += len(rows)
        return count

    def replace_table(self, table: str, columns: Sequence[Column], batches: Batches) -> int:
        """Make a table anew with these rows; return how many.

        Readers see the old table or the new one, never a part; after a failure it is the old one.
        Takes what :meth:`insert` takes.
        """
        with self.transaction():
            fresh = self._create_sibling(table, columns)
            count = self.insert(fresh, columns, batches)
            self.execute(f"DROP TABLE IF EXISTS {self.qualify(table)}")
            self.execute(
                f"ALTER TABLE {self.qualify(fresh)} RENAME TO "
                f"{self.quote(identifiers.split(table)[-1])}"
            )
        return count

    def create_table(self, table: str, columns: Sequence[Column]) -> None:
        """Create an empty table."""
        declared = ", ".join(f"{self.quote(c.name)} {self._type_name(c)}".strip() for c in columns)
        self.execute(f"CREATE TABLE {self.qualify(table)} ({declared})")

    def _create_sibling(self, table: str, columns: Sequence[Column]) -> str:
        """Create an empty table beside ``table`` under a new name; return that name."""
        name = identifiers.beside(table, "sqlflow_new")
        self.create_table(name, columns)
        return name

    def _type_name(self, column: Column) -> str:
        return column.native or self.type_names[column.type]
