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
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE = 8192
"""Bytes of the longest line, its newline included."""

_OVERHEAD = len("sf1 18446744073709551615 o. \n")
MAX_PAYLOAD = MAX_LINE - _OVERHEAD
"""Bytes of the longest payload that fits into one line whole."""

_VERSION = b"sf1 "
_HEAD = re.compile(rb"sf1 ([1-9][0-9]{0,18}) ([oers])([.+$]) ")
_PLAIN = re.compile(rb'sf1 ([1-9][0-9]{0,18}) ([oe])\. "([^"\\\x00-\x1f]*)"')
"""Most lines: text without a character that JSON escapes. They are read without a JSON parser."""


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


_STREAMS = {stream.encode(): stream for stream in Stream}
_MARKS = {mark.encode(): mark for mark in Mark}


class Frame(NamedTuple):
    """One frame. A named tuple, since there may be millions: it is made faster than a dataclass.

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
    return _to_json(text).encode("utf-8", "replace")


_to_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make one for each line


def encode(seq: int, stream: Stream, mark: Mark, payload: bytes) -> bytes:
    """Return the line of a frame, newline included."""
    return b"sf1 %d %b%b %b\n" % (seq, stream.encode(), mark.encode(), payload)


def decode(line: bytes) -> Frame | None:
    """Read a line (with or without its newline); None if it is not a frame.

    A line that was torn (rotation, a killed writer) does not parse and is no frame either.
    """
    line = line.removesuffix(b"\n")
    try:
        if plain := _PLAIN.fullmatch(line):
            return Frame(int(plain[1]), _STREAMS[plain[2]], Mark.WHOLE, plain[3].decode("utf-8"))
        found = _HEAD.match(line)
        return _decode(found, line[found.end() :].decode("utf-8")) if found else None
    except (ValueError, RecursionError):  # Of a JSON parser, where brackets are nested deeply.
        return None


def _decode(found: re.Match[bytes], payload: str) -> Frame | None:
    seq, stream, mark = int(found[1]), _STREAMS[found[2]], _MARKS[found[3]]
    value = json.loads(payload)
    if mark is Mark.WHOLE and stream not in TEXT_STREAMS:
        return Frame(seq, stream, mark, payload)
    if not isinstance(value, str):
        return None
    # Escapes may spell lone surrogates, which no reader could write on.
    return Frame(seq, stream, mark, value.encode("utf-8", "replace").decode("utf-8"))


def head(line: bytes) -> tuple[int, Stream] | None:
    """Return number and stream of a line without reading its payload; None if it is no frame."""
    found = _HEAD.match(line)
    return (int(found[1]), _STREAMS[found[2]]) if found else None


def is_torn(line: bytes) -> bool:
    """Whether a line without a :func:`head` was a frame, whose writer died within it.

    What others print may stand right behind it, so only the line's beginning is looked at.
    """
    return line.startswith(_VERSION) or (bool(line) and _VERSION.startswith(line))
