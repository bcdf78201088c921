"""Names in SQL: quoted, so that any text is a name and nothing else."""

from __future__ import annotations

import os
import re

from sqlflow.errors import StatementError

_PARTS = re.compile(r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|[^."`]+')


def quote(identifier: str, mark: str = '"') -> str:
    """Return one identifier in the quotes of a dialect."""
    if not identifier or "\0" in identifier:
        raise StatementError(f"not a name: {identifier!r}")
    return mark + identifier.replace(mark, mark * 2) + mark


def split(name: str) -> tuple[str, ...]:
    """Take ``db.table`` apart; a part in double quotes or backticks may hold dots.

    Raises:
        StatementError: not a name.
    """
    parts = _PARTS.findall(name)
    if not parts or ".".join(parts) != name:
        raise StatementError(f"not a table's name: {name!r}; expected TABLE or DATABASE.TABLE")
    return tuple(map(_unquote, parts))


def _unquote(part: str) -> str:
    mark = part[0]
    return part[1:-1].replace(mark * 2, mark) if mark in '"`' else part


def beside(name: str, prefix: str) -> str:
    """Return a new name, not used before, in the same database as ``name``."""
    return ".".join(map(quote, (*split(name)[:-1], f"{prefix}_{os.urandom(4).hex()}")))
