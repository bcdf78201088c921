"""Logs in memory that count what is read of them, and readers that go through all pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlflow.transcript import ALL_STREAMS, JobEnd, Page, Position, Record, StepView, cut
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Event, Phase, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SUCCEEDED = JobEnd(phase=Phase.SUCCEEDED)
PAGE = 64 * 1024


@dataclass
class MemoryLog:
    data: bytes
    attempt: int = 1
    source: str = "a"
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, size: int) -> bytes:
        found = self.data[offset : offset + size]
        self.reads.append((offset, len(found)))
        return found

    @property
    def bytes_read(self) -> int:
        return sum(size for _, size in self.reads)


def line(seq: int, text: str, stream: Stream = Stream.STDOUT) -> bytes:
    ((mark, payload),) = frames.pieces(stream, text)
    return frames.encode(seq, stream, mark, payload)


def begin(seq: int = 1) -> bytes:
    return line(seq, Status(Event.BEGIN).to_json(), Stream.STATUS)


def end(seq: int, phase: Phase = Phase.SUCCEEDED) -> bytes:
    return line(seq, statuses.end(phase).to_json(), Stream.STATUS)


def said(*texts: str) -> bytes:
    """The whole log of a step that says some lines and succeeds."""
    middle = b"".join(line(seq, text) for seq, text in enumerate(texts, start=2))
    return begin() + middle + end(len(texts) + 2)


def view(
    log: MemoryLog | bytes | None,
    phase: Phase = Phase.SUCCEEDED,
    *,
    index: int = 1,
    reason: str = "",
) -> StepView:
    log = MemoryLog(log) if isinstance(log, bytes) else log
    return StepView(index=index, phase=phase, log=log, reason=reason)


def read_all(
    steps: Sequence[StepView],
    job: JobEnd | None = SUCCEEDED,
    position: Position | None = None,
    *,
    streams: frozenset[Stream] = ALL_STREAMS,
    max_bytes: int = PAGE,
) -> list[Record]:
    """Read until the end, or until there is nothing new."""
    return [
        record
        for page in pages(steps, job, position, streams=streams, max_bytes=max_bytes)
        for record in page.records
    ]


def pages(
    steps: Sequence[StepView],
    job: JobEnd | None = SUCCEEDED,
    position: Position | None = None,
    *,
    streams: frozenset[Stream] = ALL_STREAMS,
    max_bytes: int = PAGE,
) -> list[Page]:
    found: list[Page] = []
    at = position or Position()
    for _ in range(100_000):
        page = cut(steps, job, at, streams=streams, max_bytes=max_bytes)
        found.append(page)
        if page.end or page.position == at:
            return found
        at = page.position
    raise AssertionError("the pages have no end")


def told(records: Iterable[Record]) -> list[str]:
    """Step, number and text of each record, short: ``1:2 hello``, ``1:3 <end Succeeded>``."""
    return [f"{record.step}:{record.seq} {_short(record)}" for record in records]


def _short(record: Record) -> str:
    status = statuses.parse(record.text) if record.stream is Stream.STATUS else None
    if status is None:
        return record.text
    details = status.details
    words = [status.event, details.get("phase"), details.get("first"), details.get("last")]
    return f"<{' '.join(str(word) for word in words if word is not None)}>"
