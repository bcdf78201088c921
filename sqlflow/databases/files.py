"""What holds for both databases that are a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.errors import DataSourceError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlflow.databases.dsns import DSN


def check(dsn: DSN) -> Path:
    """Return the file's path after the checks that engines word badly.

    Raises:
        DataSourceError: it can't be a database file.
    """
    assert dsn.path is not None
    if dsn.path.is_dir():
        raise DataSourceError(f"{dsn.path} is a directory; expected a file")
    if not dsn.path.parent.is_dir():
        raise DataSourceError(
            f"there is no directory {dsn.path.parent} to hold {dsn.path.name}"
            + ("" if dsn.path.is_absolute() else "; an absolute name has four slashes")
        )
    return dsn.path
