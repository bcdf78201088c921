"""The values of a DSN's options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlflow.errors import DataSourceError

if TYPE_CHECKING:
    from sqlflow.databases.dsns import DSN

_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|)")
_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0}


def flag(dsn: DSN, name: str) -> bool:
    """Return a boolean option; false if it is not given."""
    return _FLAGS[choice(dsn, name, *_FLAGS, default="false")]


def choice(dsn: DSN, name: str, *values: str, default: str) -> str:
    """Return an option that is one of some words."""
    value = dsn.options.get(name, default)
    if value not in {*values, default}:
        raise DataSourceError(f"option {name} is one of {', '.join(values)}, not {value!r}")
    return value


def seconds(dsn: DSN, *names: str, default: float) -> float:
    """Return a duration, ``30``, ``30s`` or ``500ms``, by the first of the names that is given."""
    for name in names:
        if name in dsn.options:
            match = _DURATION.fullmatch(dsn.options[name])
            if match is None:
                raise DataSourceError(
                    f"option {name} is a number of seconds, not {dsn.options[name]!r}"
                )
            return float(match[1]) * _UNITS[match[2]]
    return default
