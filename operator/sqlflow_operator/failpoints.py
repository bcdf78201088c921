"""Places where a test has the operator die, to see that the next one goes on rightly.

A fail point stands before and after each write. ``after-patch-status@2`` is after the second status
that a process writes; without a number the first is meant.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Final

EXIT_CODE: Final = 9


class FailPoints:
    """Ends the process where it was told to; nowhere by default."""

    def __init__(self, place: str = "") -> None:
        self._place, _, number = place.partition("@")
        self._number = int(number or 1)
        self._reached: Counter[str] = Counter()

    def reach(self, place: str) -> None:
        """Say that this place is reached."""
        if place != self._place:
            return
        self._reached[place] += 1
        if self._reached[place] == self._number:
            os._exit(EXIT_CODE)  # As SIGKILL does: nothing is closed, nothing is finished.
