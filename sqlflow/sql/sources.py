"""The text of a program, and how a place in it is shown to a person.

Everything inside the language works with offsets into this text; lines and columns are made only
when something has to be said.
"""

from __future__ import annotations

import bisect
import re

from sqlflow.errors import Problem

MAX_SNIPPET = 160
"""Characters of a line that are shown; of a longer one, only what is around the place."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Source:
    """A program's text."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        ends = (match.end() for match in re.finditer("\n", text))
        # Where each line begins, and where one more would.
        self._starts = [0, *ends, len(text) + 1]

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both from 1, the column in characters."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def problem(self, message: str, offset: int, *, statement: int = 0, hint: str = "") -> Problem:
        """Return what is wrong at an offset, with its line and a caret under the place."""
        line, column = self.position(offset)
        start = self._starts[line - 1]
        text = self.text[start : self._starts[line] - 1]
        cut = max(0, column - MAX_SNIPPET // 2) if len(text) > MAX_SNIPPET else 0
        return Problem(
            message=message,
            statement=statement,
            line=line,
            column=column,
            snippet=_CONTROLS.sub("\ufffd", text[cut : cut + MAX_SNIPPET].rstrip("\r")),
            cut=cut,
            hint=hint,
        )
