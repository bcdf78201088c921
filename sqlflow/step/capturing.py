r"""What a process prints, cut into lines: bytes in, pieces of text out. Pure.

A line ends with ``\n`` and nothing else. A carriage return is text like any other: a progress bar
that redraws itself is one line that grows by pieces, so that a terminal which prints the pieces as
they come shows it move, and nothing of it is lost. Bytes that are not UTF-8 become U+FFFD.

A line is handed on when it is complete; or, as a piece, when it is as long as a frame; or when
somebody asks for what there is (:meth:`Cutter.flush`), which the step does after a short while.
"""

from __future__ import annotations

import codecs

PIECE = 8192
"""Characters after which a line that has no end yet is handed on as a piece."""


class Cutter:
    """Cuts one stream. Each method returns pieces: text, and whether its line goes on."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._pending = ""
        self._open = False

    @property
    def pending(self) -> bool:
        """Whether there is text that was not handed on yet."""
        return bool(self._pending)

    def feed(self, data: bytes) -> list[tuple[str, bool]]:
        """Take what was read; an end of the stream is told by :meth:`close`."""
        return self._cut(self._decode(data))

    def flush(self) -> list[tuple[str, bool]]:
        """Hand on what there is of a line that has no end yet."""
        if not self._pending:
            return []
        text, self._pending, self._open = self._pending, "", True
        return [(text, True)]

    def close(self) -> list[tuple[str, bool]]:
        """End the stream. A last line without a newline is a line too."""
        pieces = self._cut(self._decode(b"", final=True))
        if self._pending or self._open:
            pieces.append((self._pending, False))
            self._pending, self._open = "", False
        return pieces

    def _cut(self, text: str) -> list[tuple[str, bool]]:
        first, *rest = text.split("\n")
        self._pending += first
        pieces: list[tuple[str, bool]] = []
        if rest:
            *whole, last = rest
            pieces.append((self._pending, False))
            pieces += [(line, False) for line in whole]
            self._pending, self._open = last, False
        if len(self._pending) >= PIECE:
            pieces += self.flush()
        return pieces


class Records:
    """Cuts the pipe of rows and statuses into records, which are lines of bytes."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read, return the records that are complete now.

        A record that its writer did not live to finish is never returned.
        """
        *whole, rest = data.split(b"\n")
        if whole:
            whole[0] = b"".join([*self._chunks, whole[0]])
            self._chunks = []
        if rest:
            self._chunks.append(rest)
        return whole
