"""What can go wrong with a development cluster: one class, since a person reads it."""

from __future__ import annotations

from typing import Final

LINES: Final = 20
WIDTH: Final = 400  # some programs print all that they have in one line


class ClusterError(Exception):
    """Says what failed, where, and what to do about it.

    Args:
        message: what was found and what was expected, one sentence.
        hint: the way out, such as a command that installs what is missing.
        details: output of the failed program; its last lines are shown.
    """

    def __init__(self, message: str, *, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        text = f"{self.message}; {self.hint}" if self.hint else self.message
        last = "\n".join(
            f"  {line[:WIDTH]}" for line in self.details.rstrip().splitlines()[-LINES:]
        )
        return f"{text}\n{last}" if last else text
