"""Lets the names of a package load on first use (PEP 562), so that nobody pays for all of them.

It imports nothing itself, not even ``typing``: every step loads it before it starts its child.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def loader(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__``.

    Args:
        package: its name.
        homes: the full name of the module that holds each public name.
    """

    def load(name: str) -> Any:
        if name not in homes:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        import importlib

        return getattr(importlib.import_module(homes[name]), name)

    return load
