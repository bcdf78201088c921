"""The parent's output: numbers frames, holds them below the limit, writes them.

The limit is on what the step takes up **in the node's file**, where the container runtime puts a
prefix before each line: at 10 MiB the kubelet rotates that file, and what it rotates away can no
longer be read through the API. Rows and text that do not fit are dropped, whole records at a time,
and a ``truncated`` status says so. Statuses go on for longer, and what an ending needs is always
kept back.
"""

from __future__ import annotations

import os

from sqlflow.wire import frames, statuses

LINE_PREFIX = 48
"""Bytes that the container runtime adds to each line: time, stream, a mark."""

_FOR_STATUSES = 64 * 1024
_FOR_THE_END = 32 * 1024
_BLOCK = 64 * 1024

_HINT = "write a large result to a table instead: CREATE TABLE … AS SELECT …"


class OutputError(Exception):
    """Standard output can't be written: the disk is full, or its reader is gone."""


class Printer:
    """Prints frames to a file descriptor.

    Args:
        fd: where to.
        limit: bytes in the node's file; 0 for none.
    """

    def __init__(self, fd: int, limit: int) -> None:
        self._fd = fd
        self._limit = limit
        self._seq = 0
        self._used = 0
        self._open: set[frames.Stream] = set()
        self._lines: list[bytes] = []
        self._unwritten = 0
        self.truncated = False

    def text(self, stream: frames.Stream, text: str, *, more: bool) -> None:
        """Print a line, or a piece of one."""
        if self.truncated:
            return
        pieces = list(frames.pieces(stream, text))
        if more or stream in self._open:
            pieces = [(frames.Mark.MORE, payload) for _, payload in pieces]
        if not more:
            mark = frames.Mark.LAST if len(pieces) > 1 or stream in self._open else pieces[0][0]
            pieces[-1] = (mark, pieces[-1][1])
        if self._print(stream, pieces, keep=_FOR_STATUSES):
            (self._open.add if more else self._open.discard)(stream)

    def row(self, record: str) -> None:
        """Print a record of the row stream."""
        if not self.truncated:
            pieces = list(frames.pieces(frames.Stream.ROW, record))
            self._print(frames.Stream.ROW, pieces, keep=_FOR_STATUSES)

    def status(self, record: str, *, last: bool = False) -> None:
        """Print a status. One that belongs to the ending (``last``) always fits."""
        pieces = list(frames.pieces(frames.Stream.STATUS, record))
        self._print(frames.Stream.STATUS, pieces, keep=0 if last else _FOR_THE_END)

    def flush(self) -> None:
        """Write what was printed.

        Raises:
            OutputError: it can't be written.
        """
        data = memoryview(b"".join(self._lines))
        self._lines, self._unwritten = [], 0
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            raise OutputError(f"the step's output can't be written: {error.strerror}") from error

    def _print(
        self, stream: frames.Stream, pieces: list[tuple[frames.Mark, bytes]], *, keep: int
    ) -> bool:
        lines = [
            frames.encode(number, stream, mark, payload)
            for number, (mark, payload) in enumerate(pieces, self._seq + 1)
        ]
        size = sum(map(len, lines)) + LINE_PREFIX * len(lines)
        if keep and self._limit and self._used + size > self._limit - keep:
            self._truncate()
            return False
        self._append(lines, size)
        return True

    def _append(self, lines: list[bytes], size: int) -> None:
        self._lines += lines
        self._seq += len(lines)
        self._used += size
        self._unwritten += size
        if self._unwritten >= _BLOCK:
            self.flush()

    def _truncate(self) -> None:
        if self.truncated:
            return
        self.truncated = True
        for stream in sorted(self._open):
            self._print(stream, [(frames.Mark.LAST, b'""')], keep=0)
        text = f"The output is larger than {_size(self._limit)}, the rest is dropped; {_HINT}"
        details = {"limit": self._limit}
        self.status(statuses.Status(statuses.Event.TRUNCATED, text, details).to_json(), last=True)


def _size(number: int) -> str:
    return f"{number / 1024**2:.3g} MiB" if number >= 1024**2 else f"{number / 1024:.3g} KiB"
