"""What holds a statement in the cluster until the test lets it go on: a lock of MariaDB."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlflow.databases import DSN, connect
from tests.conformance.server_processes import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.databases import Connection
    from tests.cluster.support.databases import Server

_SECONDS: Final = 110
"""How long a statement waits at most, if a test forgets it."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that a connection of the test's own holds. It goes with the connection."""

    connection: Connection
    name: str

    @classmethod
    @contextlib.contextmanager
    def held(cls, server: Server) -> Iterator[Lock]:
        """Take a new lock."""
        dsn = DSN.parse(server.dsn("sqlflow", f"127.0.0.1:{server.port}"), directory=Path("/"))
        with connect(dsn) as connection:
            lock = cls(connection, f"gate-{uuid.uuid4().hex}")
            assert lock._ask(f"SELECT GET_LOCK('{lock.name}', 0)") == 1
            yield lock

    def select(self) -> str:
        """Return a query that ends once the lock is free, with one row, 42."""
        return f"SELECT 41 + GET_LOCK('{self.name}', {_SECONDS}) AS x"

    def wait(self) -> None:
        """Wait until a statement waits."""
        until(self._is_waited_for, "a statement waits for the lock")

    def open(self) -> None:
        """Let the statement go on."""
        self.wait()
        assert self._ask(f"SELECT RELEASE_LOCK('{self.name}')") == 1

    def _is_waited_for(self) -> bool:
        found = self._ask(
            "SELECT count(*) FROM information_schema.processlist WHERE state = 'User lock' "
            f"AND info LIKE '%{self.name}%'"
        )
        return bool(found)

    def _ask(self, sql: str) -> Any:
        ((value,),) = (row for rows in self.connection.execute(sql).batches() for row in rows)
        return value
