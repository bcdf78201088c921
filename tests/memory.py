"""How much memory Python's objects take while something is done."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def peak(work: Callable[[], T]) -> tuple[T, int]:
    """Return what it gives, and the most bytes that there were at a time."""
    tracemalloc.start()
    try:
        return work(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
