r"""Frames: the numbered lines that a step prints and everybody else reads.

A frame is one physical line of at most :data:`MAX_LINE` bytes::

    sf1 17 o. "epoch 0, train_loss = 0.52"\n
    │   │  ││ └ payload: JSON, so it holds no newline and no control character
    │   │  │└── mark: '.' whole, '+' more follows, '$' the last piece
    │   │  └─── stream: o stdout, e stderr, r rows, s status
    │   └────── sequence number, from 1 in each attempt of a step
    └────────── version of this format

The payload of a text frame is a JSON string, one line of text without its end. The payload of a
row or status frame is a JSON value. What does not fit into a line is cut into pieces: the payload
of a piece is a JSON string, and the strings of the pieces, put together, are the text line or the
JSON value.

Since text stands only inside JSON strings, nothing that a program prints can look like a frame. A
repeated number is a duplicate, a skipped one is a provable loss. Lines end with ``\n`` and nothing
else: ``str.splitlines`` would cut at U+2028 and its like, which JSON leaves alone.

The size is half of the 16 KiB at which container runtimes split a line.
"""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE = 8192
"""Bytes of the longest line, its newline included."""

_OVERHEAD = len("sf1 18446744073709551615 o. \n")
MAX_PAYLOAD = MAX_LINE - _OVERHEAD
"""Bytes of the longest payload that fits into one line whole."""

_LINE = re.compile(rb"sf1 ([0-9]{1,20}) ([oers])([.+$]) (.*)", re.DOTALL)


class Stream(enum.StrEnum):
    """The four streams of a step (and the letters that stand for them in a frame)."""

    STDOUT = "o"
    STDERR = "e"
    ROW = "r"
    STATUS = "s"


TEXT_STREAMS = frozenset({Stream.STDOUT, Stream.STDERR})


class Mark(enum.StrEnum):
    """Whether a frame holds its record whole, or a piece of it."""

    WHOLE = "."
    MORE = "+"
    LAST = "$"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Attributes:
        seq: its number, from 1.
        stream: where it belongs.
        mark: whole or piece.
        text: for text streams the text; for rows and statuses the JSON text, or a piece of it.
    """

    seq: int
    stream: Stream
    mark: Mark
    text: str


def pieces(stream: Stream, text: str) -> Iterator[tuple[Mark, bytes]]:
    """Cut a record into payloads that each fit a line.

    Args:
        stream: of the record; decides whether ``text`` is a line of text or JSON.
        text: the record. Lone surrogates, which UTF-8 can't carry, become ``?``.
    """
    whole = _quoted(text) if stream in TEXT_STREAMS else text.encode("utf-8", "replace")
    if len(whole) <= MAX_PAYLOAD:
        yield Mark.WHOLE, whole
        return
    yield from _cut(text)


def _cut(text: str) -> Iterator[tuple[Mark, bytes]]:
    start, size = 0, MAX_PAYLOAD - 2
    while start < len(text):
        payload = _quoted(text[start : start + size])
        if len(payload) > MAX_PAYLOAD:
            # A character takes up to six bytes; shrink by what this stretch of text takes.
            size = max(1, size * MAX_PAYLOAD // (len(payload) + 1))
            continue
        start += size
        yield (Mark.MORE if start < len(text) else Mark.LAST), payload


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")


def encode(seq: int, stream: Stream, mark: Mark, payload: bytes) -> bytes:
    """Return the line of a frame, newline included."""
    return b"sf1 %d %b%b %b\n" % (seq, stream.encode(), mark.encode(), payload)


def decode(line: bytes) -> Frame | None:
    """Read a line (with or without its newline); None if it is not a frame.

    A line that was torn (rotation, a killed writer) does not parse and is no frame either.
    """
    match = _LINE.fullmatch(line.removesuffix(b"\n"))
    if match is None:
        return None
    number, letter, sign, payload = match.groups()
    stream, mark = Stream(letter.decode()), Mark(sign.decode())
    try:
        text = payload.decode("utf-8")
        value = json.loads(text)
    except ValueError:
        return None
    if mark is not Mark.WHOLE or stream in TEXT_STREAMS:
        return Frame(int(number), stream, mark, value) if isinstance(value, str) else None
    return Frame(int(number), stream, mark, text)


def head(line: bytes) -> tuple[int, Stream] | None:
    """Return number and stream of a line without reading its payload; None if it is no frame."""
    match = _HEAD.match(line)
    return (int(match[1]), Stream(match[2].decode())) if match else None


_HEAD = re.compile(rb"sf1 ([0-9]{1,20}) ([oers])[.+$] ")
