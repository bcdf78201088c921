"""From a DSN to a connection: finds the engine's module, and says which driver is missing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from sqlflow.errors import DataSourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow.databases.connections import Connection
    from sqlflow.databases.dsns import DSN

_EXTRAS = {"duckdb": "local", "mysql": "mysql", "postgres": "postgres"}


def connect(dsn: DSN, *, on_wait: Callable[[str], None] | None = None) -> Connection:
    """Open a connection.

    Args:
        dsn: the data source.
        on_wait: told, in a sentence, who holds the file that has to be waited for.

    Raises:
        DataSourceError: the login, the database or the file is wrong, or the driver is missing.
        UnavailableError: the server can't be reached.
        BusyError: the file is held by another program.
        StorageError: the disk is full or failing.
    """
    try:
        engine = importlib.import_module(f"sqlflow.databases.{dsn.dialect}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("sqlflow"):
            raise
        raise DataSourceError(
            f"the driver for {dsn.dialect} is not installed (no module {error.name!r}); "
            f'pip install "sqlflow-argo[{_EXTRAS[dsn.dialect]}]"'
        ) from error
    connection: Connection = engine.open_connection(dsn, on_wait or (lambda _sentence: None))
    return connection
