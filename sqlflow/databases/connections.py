"""What all engines share: one statement at a time, transactions, and writing tables.

A connection commits each statement on its own, unless inside :meth:`Connection.transaction`. It
runs **one statement at a time**: the next one ends the reading of the one before. An engine adds
how to run, what its types are called, and how its errors are told apart.
"""

from __future__ import annotations

import contextlib
import secrets
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sqlflow.databases import identifiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from sqlflow.databases.results import Result
    from sqlflow.wire.rows import Column, Type

    Batches = Iterable[Sequence[Sequence[Any]]]


class Connection(ABC):
    """A session with a data source. Used by one thread; a context manager that closes."""

    dialect: ClassVar[str]
    type_names: ClassVar[Mapping[Type, str]]
    """What the columns of a new table are declared as."""
    quote_mark: ClassVar[str] = '"'

    def __init__(self) -> None:
        self._in_transaction = False

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
    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Result:
        """Run one statement.

        Args:
            sql: without parameters it reaches the engine as it stands, ``%`` and ``?`` included.
            parameters: if there are any, each ``?`` in ``sql`` stands for one, on every engine.

        Raises:
            StatementError: the engine refused it (also while its rows are read).
            UnavailableError: the connection was lost.
        """

    @abstractmethod
    def close(self) -> None:
        """Give everything back; a transaction that is still open is rolled back."""

    @abstractmethod
    def table_exists(self, name: str) -> bool:
        """Tell whether a table or view can be read by this name."""

    @abstractmethod
    def _insert_batch(
        self, table: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]
    ) -> None: ...

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
        except BaseException:
            self._in_transaction = False
            # The error that led here is the one to tell; the engine rolls back on close anyway.
            with contextlib.suppress(Exception):
                self.execute("ROLLBACK")
            raise
        self._in_transaction = False
        self.execute("COMMIT")

    def insert(self, table: str, columns: Sequence[Column], batches: Batches) -> int:
        """Add rows to a table, all or none; return how many.

        ``batches`` must not read from this connection.
        """
        count = 0
        with self.transaction():
            for rows in batches:
                if rows:
                    self._insert_batch(self.qualify(table), columns, rows)
                    count += len(rows)
        return count

    def replace_table(self, table: str, columns: Sequence[Column], batches: Batches) -> int:
        """Make a table anew with these rows; readers see the old one or the new, never a part."""
        with self.transaction():
            fresh = self.create_sibling(table, columns)
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

    def create_sibling(self, table: str, columns: Sequence[Column]) -> str:
        """Create an empty table beside ``table`` under a new name; return that name."""
        *place, _ = identifiers.split(table)
        name = ".".join(map(identifiers.quote, (*place, f"sqlflow_new_{secrets.token_hex(4)}")))
        self.create_table(name, columns)
        return name

    def _type_name(self, column: Column) -> str:
        return column.native or self.type_names[column.type]
