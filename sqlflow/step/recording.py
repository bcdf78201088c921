"""The records that a child writes to its parent: one line each, a letter and JSON.

JSON as it is written here holds no newline, so a record is one line whatever it says.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

ROW, STATUS = b"r", b"s"
ERROR = b"e"
"""The status that says why the statement failed; its parent keeps room for it."""

DONE = b"d"
"""The statement was executed. The last record, without JSON."""

OUT_OF_MEMORY = "OutOfMemory"
"""The reason of an error that both processes can be the one to tell."""


class Recorder:
    """Writes records to the pipe ``fd``, after what was printed before them.

    Attributes:
        sent: bytes of rows so far.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.sent = 0

    def write(self, kind: bytes, record: str = "") -> None:
        """Write one record; the parent prints it after all that was printed before."""
        flush()
        data = memoryview(b"%b%b\n" % (kind, record.encode("utf-8", "replace")))
        if kind == ROW:
            self.sent += len(data)
        while data:
            data = data[os.write(self._fd, data) :]


def flush() -> None:
    """Hand on what Python keeps back of standard output and error."""
    for file in (sys.stdout, sys.stderr):
        with suppress(ValueError, AttributeError):  # closed, or replaced, by a library
            file.flush()
