r"""The log of an image that is not ours: lines of any kind, made into frames and numbered.

The number of a line is its place in the log from the container's start, so the log may be read
again and each line has its number again. What argoexec writes beside the program is left out. A
line is cut where it is longer than :data:`_LONGEST`, at places that depend on its bytes alone.

A log that begins with another line than before was rotated. What was lost of it nobody can tell,
so its numbers go on with one left out, which readers are told of.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from sqlflow.wire import frames
from sqlflow.wire.frames import MAX_PAYLOAD, Mark, Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST: Final = MAX_PAYLOAD // 6 - 1
"""Bytes of a piece: JSON takes up to six for one, and two for the quotes."""

_TELLING: Final = 512
"""Bytes of a log's first line by which it is known again."""

_EXITED: Final = b"sub-process exited"
_EXIT_STATUS: Final = re.compile(rb"Error: exit status \d+")
# A UTF-8 character that the cut leaves incomplete goes into the next piece whole.
_TORN: Final = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")


def is_argos(line: bytes) -> bool:
    """Whether argoexec wrote a line: logfmt or JSON, marked as its own."""
    if line.startswith(b"time="):
        return b" argo=true" in line
    if not (line.startswith(b"{") and b'"argo":' in line):
        return False
    try:
        value = json.loads(line)
    except ValueError:
        return False
    return isinstance(value, dict) and value.get("argo") is True


class Lines:
    """Numbers the lines of one reading, from the log's start.

    Args:
        first: the line that the log began with when it was read before.
    """

    def __init__(self, first: bytes | None = None) -> None:
        self._first, self._began = first, False
        self._number = 0
        self._exited = False
        self._going_on = False

    def again(self) -> Lines:
        """Return what numbers the same log when it is read again."""
        return Lines(self._first)

    def of(self, lines: Iterable[bytes], *, last: int) -> Iterator[tuple[int, bytes]]:
        """Return the frames of whole lines, with their numbers.

        Args:
            lines: those that follow.
            last: the number that was given out last, in any reading.
        """
        for line in lines:
            self._begin(line, last)
            if self._going_on or not self._is_noise(line):
                *pieces, final = _pieces(line)
                for piece in pieces:
                    yield self._frame(piece, Mark.MORE)
                yield self._frame(final, Mark.LAST if self._going_on else Mark.WHOLE)
                self._going_on = False

    def begun(self, line: bytes, *, last: int) -> tuple[bytes, list[tuple[int, bytes]]]:
        """Take what is too long of a line that has yet to end; return the rest, and the frames."""
        if len(line) <= 2 * _LONGEST:
            return line, []
        self._begin(line, last)
        *pieces, rest = _pieces(line)
        return rest, [self._frame(piece, Mark.MORE) for piece in pieces]

    def _begin(self, line: bytes, last: int) -> None:
        """See by the log's first line whether it is the one that was read before."""
        if not self._began:
            self._began = True
            before, self._first = self._first, line[:_TELLING]
            if before not in (None, self._first):
                self._number = last + 1

    def _is_noise(self, line: bytes) -> bool:
        if is_argos(line):
            self._exited = _EXITED in line
            return True
        # argoexec's own last words, right after the line that it marks.
        noise = self._exited and _EXIT_STATUS.fullmatch(line) is not None
        self._exited = False
        return noise

    def _frame(self, piece: bytes, mark: Mark) -> tuple[int, bytes]:
        self._number += 1
        self._going_on = mark is Mark.MORE
        [(_, payload)] = frames.pieces(Stream.STDOUT, piece.decode("utf-8", "replace"))
        return self._number, frames.encode(self._number, Stream.STDOUT, mark, payload)


def _pieces(line: bytes) -> list[bytes]:
    """Cut a line; no piece is longer than a frame can carry."""
    found, start = [], 0
    while len(line) - start > _LONGEST:
        piece = line[start : start + _LONGEST]
        if torn := _TORN.search(piece):
            piece = piece[: torn.start()]
        found.append(piece)
        start += len(piece)
    return [*found, line[start:]]
