"""Where tests kill the operator: before and after each of its writes."""

from __future__ import annotations

from typing import Final

BEGINS: Final = ("create-workflow", "create-config-map", "patch-status")
TELLS: Final = ("emit",)
ENDS: Final = ("patch-status",)
SUSPENDS: Final = ("suspend",)
CANCELS: Final = ("shutdown", "delete-pod")
REMOVES: Final = ("delete-job",)


def around(*writes: str) -> list[str]:
    """Return the fail points before and after writes."""
    return [f"{when}-{write}" for write in writes for when in ("before", "after")]
