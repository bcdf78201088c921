"""The databases in the cluster, as a test speaks to them, to see what jobs did to them."""

from __future__ import annotations

import contextlib
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlflow.databases import DSN, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.support.clusters import Cluster

_FORWARDING: Final = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class Engine:
    """One of the servers.

    Attributes:
        dialect: of a job whose data source it is.
        scheme: of its DSN.
    """

    dialect: str
    scheme: str
    service: str


ENGINES: Final = {
    "mariadb": Engine("mysql", "mysql", "mariadb"),
    "postgresql": Engine("postgres", "postgresql", "postgresql"),
}


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is forwarded to a port of ours."""

    engine: Engine
    password: str = field(repr=False)
    port: int

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[Database]:
        """Make a database, and drop it in the end."""
        self.execute("sqlflow", f"CREATE DATABASE {name}")
        try:
            yield Database(self, name)
        finally:
            force = " WITH (FORCE)" if self.engine.dialect == "postgres" else ""
            self.execute("sqlflow", f"DROP DATABASE {name}{force}")

    def execute(self, database: str, sql: str) -> list[tuple[Any, ...]]:
        """Execute a statement and return its rows."""
        dsn = DSN.parse(self.dsn(database, f"127.0.0.1:{self.port}"), directory=Path("/"))
        with connect(dsn) as connection:
            return [tuple(row) for rows in connection.execute(sql).batches() for row in rows]

    def dsn(self, database: str, host: str) -> str:
        password = quote(self.password, safe="")
        return f"{self.engine.scheme}://sqlflow:{password}@{host}/{database}"


@dataclass(frozen=True, slots=True)
class Database:
    """A database of one test."""

    server: Server
    name: str

    @property
    def dialect(self) -> str:
        return self.server.engine.dialect

    @property
    def dsn(self) -> str:
        """As a pod in the cluster reaches it."""
        return self.server.dsn(self.name, f"{self.server.engine.service}.databases")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.server.execute(self.name, sql)


def standing(cluster: Cluster) -> Database:
    """Return the database that is there, for pods alone: for tests that make no table."""
    return Database(Server(ENGINES["mariadb"], cluster.database_password(), port=0), "sqlflow")


@contextlib.contextmanager
def forwarded(cluster: Cluster, engine: Engine) -> Iterator[Server]:
    """Forward a server to a free port of 127.0.0.1."""
    command = [
        *(str(cluster.kubectl.binary), f"--kubeconfig={cluster.kubectl.kubeconfig}"),
        *("port-forward", "--namespace=databases", f"service/{engine.service}"),
        *("--address=127.0.0.1", ":3306" if engine.dialect == "mysql" else ":5432"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            found = _FORWARDING.match(line)
            assert found, f"kubectl port-forward said {line!r}"
            yield Server(engine, cluster.database_password(), int(found[1]))
        finally:
            process.terminate()
