r"""What one attempt of a step has printed, kept in memory as its pod's log is read.

A log is read as a stream, and a stream breaks: the kubelet restarts, a connection is cut. Then the
log is read again from its start. The spool takes each frame once, by its number, so it does not
matter how often, nor from where, the log was read. It holds what :mod:`sqlflow.transcript` pages.

A log without frames, of an image that is not ours, becomes frames here: see
:mod:`pkg_argo.foreign`. Which kind it is, its first two lines tell: a rotation may have cut the
first one, never the second.

A spool is bounded. Our own steps stay below the bound by themselves; of any other log the lines
past it are dropped, and the spool says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pkg_argo import foreign
from pkg_argo.foreign import Lines
from sqlflow.transcript import following
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import MAX_LINE, Mark, Stream
from sqlflow.wire.statuses import Event, Phase, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES: Final = 12 * 1024 * 1024
"""Of one spool. A step of ours prints 8 MiB at most, and a kubelet rotates at 10."""

_ROOM: Final = MAX_LINE  # kept back for the frame that says what was dropped
_HELD: Final = 64  # lines that tell nothing, after which a log is taken for a foreign one


class Spool:
    """A :class:`~sqlflow.transcript.logs.Log` that is filled from a stream.

    Attributes:
        attempt: of the step.
        source: names the bytes: those that another server has of the same log are the same, unless
            one of them lost something; readers find that out by the frames' numbers.
        last: the number of the last frame.
        end: the phase in which the attempt ended, as its last frame says; None without that frame.
        complete: nothing will be added.
    """

    def __init__(self, attempt: int, source: str, *, max_bytes: int = MAX_BYTES) -> None:
        self.attempt = attempt
        self.source = source
        self.last = 0
        self.end: Phase | None = None
        self.complete = False
        self._max = max_bytes
        self._data = bytearray()
        self._rest = b""  # the stream's last line, which has yet to end
        self._held: list[bytes] = []  # the first lines, until it is known of which kind they are
        self._torn = b""  # a line that began as a frame, and of which no frame has followed
        self._lines: Lines | None = None
        self._framed = False
        self._full = False

    @property
    def size(self) -> int:
        """Bytes there are by now."""
        return len(self._data)

    def read(self, offset: int, size: int) -> bytes:
        """Return the bytes from ``offset``."""
        with memoryview(self._data) as view:
            return bytes(view[offset : offset + size])

    def begin(self) -> None:
        """Take note that what is fed from now on is the log from its start."""
        self._rest, self._held = b"", []
        if self._lines:
            self._lines = self._lines.again()

    def feed(self, chunk: bytes) -> bool:
        """Take a piece of the stream; return whether there is a new frame."""
        before = self.last
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if not (self._framed or self._lines):
            lines = self._learn(lines)
        self._take(lines)
        if self._lines:
            self._rest, pieces = self._lines.begun(self._rest, last=self.last)
            self._numbered(pieces)
        return self.last > before

    def finish(self, *, torn: bool = False) -> None:
        """Take note that nothing will be read any more.

        Args:
            torn: the log was not read to its end, so what is in hand of a frame says nothing.
        """
        lines = [*self._held, self._rest] if self._rest else self._held
        self._rest, self._held = b"", []
        if not (self._framed or self._lines):
            self._lines = Lines()
        if not (torn and self._framed):
            self._take(lines)
            self._data += self._torn
        self.complete = True

    def _learn(self, lines: list[bytes]) -> list[bytes]:
        """Find out which kind of log it is; return the lines that are to be taken by now."""
        self._held += lines
        telling = [line for line in self._held if line and not foreign.is_argos(line)][:2]
        self._framed = any(map(frames.head, telling))
        if not self._framed and (len(telling) > 1 or len(self._held) > _HELD):
            self._lines = Lines()
        if not (self._framed or self._lines):
            return []
        held, self._held = self._held, []
        return held

    def _take(self, lines: list[bytes]) -> None:
        if self._lines:
            self._numbered(self._lines.of(lines, last=self.last))
            return
        for line in lines:
            head = frames.head(line)
            if head is None:
                self._torn = line if frames.is_torn(line) else self._torn
                continue
            self._torn = b""
            if head[0] > self.last:
                self._add(head[0], line + b"\n")
                if head[1] is Stream.STATUS and b'"end"' in line:
                    self.end = _end(line)

    def _numbered(self, lines: Iterable[tuple[int, bytes]]) -> None:
        for number, line in lines:
            if number > self.last:
                self._add(number, line)

    def _add(self, number: int, line: bytes) -> None:
        if self._full:
            return
        if len(self._data) + len(line) > self._max - _ROOM:
            self._full, line = True, _truncated(number, self._max)
        self._data += line
        self.last = number


def _end(line: bytes) -> Phase | None:
    """Return how an attempt ended if a line is its last frame."""
    frame = frames.decode(line)
    if frame is None or not following.is_end(frame):
        return None
    status = statuses.parse(frame.text)
    phase = status.details.get("phase") if status else None
    return Phase(phase) if phase in set(Phase) else Phase.FAILED


def _truncated(number: int, limit: int) -> bytes:
    text = f"the log is longer than {limit} bytes; the rest of it is not shown"
    payload = Status(Event.TRUNCATED, text, {"limit": limit}).to_json().encode()
    return frames.encode(number, Stream.STATUS, Mark.WHOLE, payload)
