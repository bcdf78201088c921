r"""The log of one attempt of a step, read in blocks of whole lines.

A log only grows at its end. Its bytes are split at ``\n`` and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlflow.wire.frames import MAX_LINE


class Log(Protocol):
    """The bytes that one attempt of a step has printed so far: a file, or a spool in memory."""

    @property
    def attempt(self) -> int:
        """Which try of the step, from 1."""

    @property
    def source(self) -> str:
        """Names these bytes: an offset measured in them is tried again under the same name."""

    @property
    def size(self) -> int:
        """Bytes there are by now."""

    def read(self, offset: int, size: int) -> bytes:
        """Return the bytes from ``offset``: fewer than ``size`` only where the log ends."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines in a row.

    Attributes:
        lines: without their newlines.
        start: offset of the first line.
        end: offset to read on from.
    """

    lines: list[bytes]
    start: int
    end: int


def read_block(log: Log, offset: int, *, size: int, final: bool) -> Block:
    """Read the whole lines that begin in the next ``size`` bytes.

    An offset inside a line belongs to no line, whatever stands there: the byte before the offset
    is read too, and what does not follow a newline is passed over. A last line without its newline
    is left for later, unless it is longer than any frame.

    Args:
        log: to read from.
        offset: where the block before ended; 0 for the first.
        size: at least :data:`sqlflow.wire.frames.MAX_LINE`.
        final: nothing will be added to the log, so that its last line is whole as it is.
    """
    begin = max(offset - 1, 0)
    wanted = offset - begin + size
    data = log.read(begin, wanted)
    first = data.find(b"\n") + 1 if offset else 0
    if offset and not first:
        return Block([], offset, max(offset, begin + len(data)))
    last = data.rfind(b"\n") + 1
    lines = data[first : last - 1].split(b"\n") if last > first else []
    torn = len(data) - last
    if torn and final and len(data) < wanted:
        lines.append(data[last:])
        last = len(data)
    elif torn >= MAX_LINE and not lines:
        last = len(data)
    return Block(lines, begin + first, begin + last)
