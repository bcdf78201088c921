"""Reads a child's pipes until it is gone, and prints what they hold.

Before a record is printed, both text pipes are read once, which takes all that was in them when the
record was written: one read of a pipe's capacity empties it. An unfinished line is printed then, as
far as it is.
"""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

from sqlflow.step import capturing, recording
from sqlflow.wire import statuses
from sqlflow.wire.frames import Stream

if TYPE_CHECKING:
    from sqlflow.step.cancelling import Canceller
    from sqlflow.step.launching import Child
    from sqlflow.step.printing import Printer

PARTIAL_LINE = 0.2
"""Seconds after which a line that has no end yet is shown as far as it is."""

LEFT_OPEN = 0.5
"""Seconds for which pipes are read on that somebody holds open after the child's exit."""

_CAPACITY = 65536
_NEVER = float("inf")


class Follower:
    """Follows one child.

    Attributes:
        done: whether the child said that the statement was executed.
        error: the error that it reported last.
    """

    def __init__(self, child: Child, canceller: Canceller, printer: Printer) -> None:
        self._child = child
        self._canceller = canceller
        self._printer = printer
        self._records = _Pipe(child.records)
        self._cutter = capturing.Records()
        self._texts = (
            _Text(child.stdout, Stream.STDOUT, printer),
            _Text(child.stderr, Stream.STDERR, printer),
        )
        self._wakeup = _Pipe(canceller.wakeup)
        self._leave_at = _NEVER
        self.done = False
        self.error: statuses.Status | None = None

    def follow(self) -> int:
        """Return the child's wait status, when it is gone and all it printed was printed.

        Raises:
            OutputError: something can't be printed.
        """
        wait_status = None
        while wait_status is None or self._more_to_come():
            self._wait()
            if wait_status is None:
                wait_status = self._reap()
            self._print()
        self._canceller.kill()  # whatever the child left behind
        for text in self._texts:
            text.close()
        self._printer.flush()
        return wait_status

    def _more_to_come(self) -> bool:
        pipes = (self._records, *(text.pipe for text in self._texts))
        return any(pipe.open for pipe in pipes) and time.monotonic() < self._leave_at

    def _wait(self) -> None:
        poll = select.poll()
        for pipe in (self._wakeup, self._records, *(text.pipe for text in self._texts)):
            if pipe.open:
                poll.register(pipe.fd, select.POLLIN)
        due = min(self._leave_at, *(text.flush_at for text in self._texts))
        poll.poll(None if due == _NEVER else max(0.0, due - time.monotonic()) * 1000)
        self._wakeup.read()

    def _reap(self) -> int | None:
        pid, wait_status = os.waitpid(self._child.pid, os.WNOHANG)
        if pid == 0:
            return None
        self._leave_at = time.monotonic() + LEFT_OPEN
        return wait_status

    def _print(self) -> None:
        records = self._cutter.feed(self._records.read())
        for text in self._texts:
            text.print(now=bool(records))
        for record in records:
            self._print_record(record[:1], record[1:].decode("utf-8", "replace"))
        self._printer.flush()

    def _print_record(self, kind: bytes, payload: str) -> None:
        if kind == recording.ROW:
            self._printer.row(payload)
        elif kind == recording.DONE:
            self.done = True
        elif kind == recording.ERROR:
            self.error = statuses.parse(payload)
            self._printer.status(payload, last=True)
        else:
            self._printer.status(payload)


class _Pipe:
    """The reading end of a pipe; never blocks."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.open = True

    def read(self) -> bytes:
        """Return what the pipe holds; nothing, and closed, at its end."""
        if not self.open:
            return b""
        try:
            data = os.read(self.fd, _CAPACITY)
        except BlockingIOError:
            return b""
        if not data:
            os.close(self.fd)
            self.open = False
        return data


class _Text:
    """One of the two pipes of text, with what it holds of an unfinished line."""

    def __init__(self, fd: int, stream: Stream, printer: Printer) -> None:
        self.pipe = _Pipe(fd)
        self.flush_at = _NEVER
        self._cutter = capturing.Cutter()
        self._stream = stream
        self._printer = printer

    def print(self, *, now: bool) -> None:
        """Print what came, and an unfinished line if it has waited long enough, or ``now``."""
        data = self.pipe.read()
        if self._printer.truncated:
            self.flush_at = _NEVER
            return
        self._pieces(self._cutter.feed(data))
        if now or time.monotonic() >= self.flush_at:
            self._pieces(self._cutter.flush())
        if not self._cutter.pending:
            self.flush_at = _NEVER
        elif self.flush_at == _NEVER:
            self.flush_at = time.monotonic() + PARTIAL_LINE

    def close(self) -> None:
        """Print the last line, though it may have no end."""
        self._pieces(self._cutter.close())

    def _pieces(self, pieces: list[tuple[str, bool]]) -> None:
        for text, more in pieces:
            self._printer.text(self._stream, text, more=more)
