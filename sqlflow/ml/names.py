"""Names of columns and models: found as SQL finds them, and suggested when they are not found."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 12


def find(name: str, names: Iterable[str]) -> str | None:
    """Return the name as it is spelled there: the same, or the only one equal but for case."""
    known = list(names)
    if name in known:
        return name
    alike = [n for n in known if n.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def suggest(name: str, names: Iterable[str], *, what: str = "it has") -> str:
    """Return the end of a sentence that says a name is not there.

    Args:
        name: the one that was not found.
        names: those that exist.
        what: how a list of them is introduced where none is close.
    """
    known = sorted(set(names))
    close = difflib.get_close_matches(name.casefold(), [n.casefold() for n in known], n=1)
    if close:
        spelled = next(n for n in known if n.casefold() == close[0])
        return f'; did you mean "{spelled}"?'
    if not known:
        return ""
    shown = ", ".join(known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")
    return f"; {what} {shown}"
