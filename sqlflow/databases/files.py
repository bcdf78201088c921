"""What holds for both databases that are a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.errors import DataSourceError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlflow.databases.dsns import DSN

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


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


def flag(dsn: DSN, name: str) -> bool:
    """Return a boolean option; false if it is not given."""
    value = dsn.options.get(name, "false")
    if value not in _FLAGS:
        raise DataSourceError(f"option {name} is true or false, not {value!r}")
    return _FLAGS[value]


def seconds(dsn: DSN, name: str, default: float) -> float:
    """Return an option that is a number of seconds."""
    value = dsn.options.get(name)
    try:
        number = default if value is None else float(value)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise DataSourceError(f"option {name} is a number of seconds, not {value!r}")
    return number
