"""Which dialect a data source speaks, told by its scheme alone.

For whoever plans a program and connects to nothing, such as a server.
"""

from __future__ import annotations

import re

from sqlflow.errors import DataSourceError

DIALECTS = {
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "mysql": "mysql",
    "mariadb": "mysql",
    "postgresql": "postgres",
    "postgres": "postgres",
    "hive": "hive",
}
"""The dialect of each scheme."""

PLANNED_ONLY = frozenset({"hive"})
"""Dialects that programs are planned for, but not run on."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://")


def dialect_of(dsn: str) -> str:
    """Return the dialect of a DSN.

    Raises:
        DataSourceError: no scheme, or an unknown one. No more of the DSN than its scheme is said.
    """
    match = _SCHEME.match(dsn.strip())
    if match is None:
        raise DataSourceError(
            "a data source is written as SCHEME://…, such as duckdb:///iris.duckdb; found no scheme"
        )
    scheme = match[1].lower()
    if scheme not in DIALECTS:
        import difflib

        close = difflib.get_close_matches(scheme, DIALECTS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        known = ", ".join(sorted(DIALECTS))
        raise DataSourceError(
            f"unknown scheme {scheme!r} of a data source; known are {known}{hint}"
        )
    return DIALECTS[scheme]


def check_connectable(dialect: str) -> None:
    """Refuse a dialect that programs are planned for but not run on.

    Raises:
        DataSourceError: it is one.
    """
    if dialect in PLANNED_ONLY:
        raise DataSourceError(f"not supported yet: running a program on a {dialect} data source")
