"""Takes frames from the log of one attempt: each once, in order, with losses said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlflow.transcript.logs import Block, Log, read_block
from sqlflow.transcript.views import Record
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import MAX_LINE, Frame, Mark, Stream
from sqlflow.wire.statuses import Event

if TYPE_CHECKING:
    from sqlflow.transcript.positions import Position

MAX_SCAN = 4 * 1024 * 1024
"""Bytes that one page looks at, however much of them is filtered out."""

_OVERHEAD = 32  # Of a record that never was a line: about what is around a frame's text.


class Sheet:
    """The records of a page in the making, and how much it may still hold."""

    def __init__(self, streams: frozenset[Stream], max_bytes: int) -> None:
        self.streams = streams
        self.records: list[Record] = []
        self.room = max_bytes
        self.scan = MAX_SCAN

    @property
    def full(self) -> bool:
        """Whether reading on is not worth it: what was read and has no room is read again."""
        return self.scan <= 0 or (bool(self.records) and self.room < MAX_LINE)

    def add(self, *records: Record) -> bool:
        """Take records that were made here, of one stream, if it is asked for.

        Returns:
            False if they have to wait for the next page: all or none of them.
        """
        if records[0].stream not in self.streams:
            return True
        first, *others = records
        if not self.put(first, sum(len(record.text) + _OVERHEAD for record in records)):
            return False
        self.records += others
        return True

    def put(self, record: Record, size: int) -> bool:
        """Take a record of a stream that is asked for; False if it has to wait."""
        if self.records and size > self.room:
            return False
        self.records.append(record)
        self.room -= size
        return True


def follow(log: Log, at: Position, sheet: Sheet, *, final: bool) -> tuple[Position, bool]:
    """Fill a page from a log; return how far that went and whether the log is exhausted.

    The offset of a position is a hint. It is right if the first frame behind it is the one that
    comes next. If that frame is a later one, or if none ever comes, the log is read from its start,
    to learn whether frames are lost or elsewhere. If it is an earlier one, reading on leads to the
    right one.

    Args:
        log: of the attempt that ``at`` is in.
        at: where to begin.
        sheet: the page.
        final: the log will not grow any more.
    """
    if at.source != log.source or at.offset > log.size:
        at = replace(at, source=log.source, offset=0)
    follower = _Follower(log, at, sheet, final=final)
    exhausted = follower.run()
    return follower.position, exhausted


class _Follower:
    def __init__(self, log: Log, at: Position, sheet: Sheet, *, final: bool) -> None:
        self._log, self._at, self._sheet, self._final = log, at, sheet, final
        self._seq, self._offset, self._ended = at.seq, at.offset, at.ended
        self._passed = at.seq if at.offset else 0  # the frame before what is read next
        self._doubtful = at.offset > 0

    @property
    def position(self) -> Position:
        return replace(self._at, seq=self._seq, offset=self._offset, ended=self._ended)

    def run(self) -> bool:
        sheet, final = self._sheet, self._final
        while not self._ended:
            if sheet.full:
                return False
            size = max(sheet.room, MAX_LINE)
            block = read_block(self._log, self._offset, size=size, final=final)
            if block.end == self._offset:
                if not (final and self._doubtful):
                    return True
                self._start_over()
                continue
            sheet.scan -= block.end - self._offset
            if not self._take(block):
                return False
        return True

    def _take(self, block: Block) -> bool:
        offset = block.start
        for line in block.lines:
            head = frames.head(line) or self._torn_head(line, offset)
            if head is not None:
                if self._doubtful and head[0] > self._seq + 1:
                    self._start_over()
                    return True
                self._doubtful, self._passed = False, head[0]
                if head[0] > self._seq and not self._frame(line, *head):
                    self._offset = offset
                    return False
            offset += len(line) + 1
            if self._ended:
                self._offset = offset
                return True
        self._offset = block.end
        return True

    def _torn_head(self, line: bytes, offset: int) -> tuple[int, Stream] | None:
        """Return which frame a log ends with that has not even its head; None if it has."""
        last = self._final and offset + len(line) + 1 >= self._log.size
        return (self._passed + 1, Stream.STATUS) if last and frames.is_torn(line) else None

    def _start_over(self) -> None:
        """Read from the start, past the usual bound: cut short, it would never come to an end."""
        self._sheet.scan += self._log.size
        self._offset, self._passed, self._doubtful = 0, 0, False

    def _frame(self, line: bytes, seq: int, stream: Stream) -> bool:
        wanted = stream in self._sheet.streams
        frame = frames.decode(line) if wanted or stream is Stream.STATUS else None
        if frame is None and wanted:
            return self._gap(seq)  # Damaged, so it is lost; no other frame may follow it.
        if seq > self._seq + 1 and not self._gap(seq - 1):
            return False
        if frame is not None and wanted and not self._sheet.put(self._record(frame), len(line) + 1):
            return False
        self._seq = seq
        self._ended = frame is not None and is_end(frame)
        return True

    def _gap(self, last: int) -> bool:
        text = statuses.gap(self._seq + 1, last).to_json()
        record = Record(self._at.step, self._at.attempt, last, Stream.STATUS, text)
        if not self._sheet.add(record):
            return False
        self._seq = last
        return True

    def _record(self, frame: Frame) -> Record:
        more = frame.mark is Mark.MORE
        return Record(self._at.step, self._at.attempt, frame.seq, frame.stream, frame.text, more)


def is_end(frame: Frame) -> bool:
    """Whether a frame is the last one of its attempt."""
    if frame.stream is not Stream.STATUS or frame.mark is not Mark.WHOLE:
        return False
    try:
        status = statuses.parse(frame.text)
    except ValueError:
        return False
    return status is not None and status.event is Event.END
