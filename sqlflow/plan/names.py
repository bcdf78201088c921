"""Names of what statements read and write, and when two of them may mean the same thing.

A text alone does not say what a name stands for: the current schema, the case rules and the search
path decide. So two names are the same when in doubt: ``train``, ``iris.train`` and
``lake.iris.train`` may be one table, ``a.train`` and ``b.train`` are not.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple


class Space(enum.StrEnum):
    """The namespaces. Models have one of their own, whatever tables they are kept in."""

    TABLE = "table"
    MODEL = "model"
    FILE = "file"


class Name(NamedTuple):
    """A name, from the outermost part (catalogue, schema, folder) to the innermost."""

    space: Space
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.space} {('/' if self.space is Space.FILE else '.').join(self.parts)}"

    @property
    def key(self) -> str:
        """What names that may be the same have in common."""
        return f"{self.space} {self.parts[-1].casefold()}"


_DEFAULT_SCHEMAS = frozenset({"main", "public"})
_NO_FOLDERS = frozenset({"", ".", ".."})


def table(*parts: str) -> Name:
    """Return the name of a table."""
    return Name(Space.TABLE, parts)


def model(text: str) -> Name:
    """Return the name of a model."""
    return Name(Space.MODEL, tuple(text.split(".")))


def file(path: str) -> Name:
    """Return the name of a file, a pattern of files, or a URL."""
    return Name(Space.FILE, tuple(path.split("/")))


ANY_FILE = file("*")
_PATTERN = re.compile(r".*[*?\[{]")
_PLACED = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*://")


def is_pattern(name: Name) -> bool:
    """Whether the name of a file stands for several."""
    return bool(_PATTERN.match("/".join(name.parts)))


def is_relative(name: Name) -> bool:
    """Whether the name of a file means something in one folder only."""
    return name != ANY_FILE and not _PLACED.match("/".join(name.parts))


def same(one: Name, other: Name) -> bool:
    """Whether two names with the same key may mean the same thing."""
    first, second = _compared(one), _compared(other)
    shared = min(len(first), len(second))
    return first[-shared:] == second[-shared:]


def _compared(name: Name) -> list[str]:
    parts = [part.casefold() for part in name.parts]
    left_out = _NO_FOLDERS if name.space is Space.FILE else _DEFAULT_SCHEMAS
    return [part for part in parts[:-1] if part not in left_out] + parts[-1:]
