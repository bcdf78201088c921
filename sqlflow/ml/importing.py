"""XGBoost without scikit-learn: a fifth of the time to the first line.

XGBoost imports scikit-learn, and with it pandas and half of scipy, for wrapper classes that are not
used here: 4 s of processor time of 5 (measured). It also runs without scikit-learn installed, and
takes that path while the name is blocked. The block is gone before anyone else can meet it, so
scikit-learn is imported normally when a metric or another model needs it.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let what is imported inside believe that a library is not installed, if it is not loaded."""
    if name in sys.modules:
        yield
        return
    # None in the place of a module is Python's own way to say that it can't be imported.
    blocked = cast("dict[str, Any]", sys.modules)
    blocked[name] = None
    try:
        yield
    finally:
        del blocked[name]
