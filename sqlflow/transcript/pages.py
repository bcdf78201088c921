"""Cuts the transcript of a job into pages.

The transcript is made of the frames of the steps, in the order of the program: all of the first
step, then all of the second, however they ran. The frames are numbered, so a reader needs no memory
but its position, and the same position gives the same page, or a longer one once there is more.

Three kinds of records are made here, because nobody else can:

* a ``gap`` where numbers are missing: a loss is said, never passed over;
* the ``end`` of a step, or of an attempt, that did not say it: one that was skipped, or killed with
  its parent;
* the ``end`` of the job, the last record of all, with step 0.

A page is a stretch of a log: its size is counted in the bytes of the frames' lines, which is about
what its records take in a message. So a page costs what it is long, and reading a log to its end
costs its size, whatever the size of the pages (but for a torn line at the end of each).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlflow.transcript.following import Sheet, follow
from sqlflow.transcript.positions import Position
from sqlflow.transcript.views import JobEnd, Page, Record, StepView
from sqlflow.wire import statuses
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlflow.transcript.logs import Log

ALL_STREAMS = frozenset(Stream)


def cut(
    steps: Sequence[StepView],
    job: JobEnd | None,
    position: Position,
    *,
    streams: frozenset[Stream] = ALL_STREAMS,
    max_bytes: int,
) -> Page:
    """Return the page that follows a position.

    Args:
        steps: all steps of the job, in the order of the program.
        job: how the job ended; None while it may go on. When it has ended, so have all steps.
        position: of the page before.
        streams: what is wanted; the rest is passed over unread.
        max_bytes: no page is longer, but for its first record.
    """
    if position.step == 0:
        return Page([], position, end=True)
    sheet = Sheet(streams, max_bytes)
    while position.step <= len(steps):
        view = steps[position.step - 1]
        if job is not None and not view.phase.final:
            view = _settled(view, job)
        position, passed = _pass_step(view, position, sheet)
        if not passed:
            return Page(sheet.records, position)
    if job is None or not sheet.add(_job_end(job)):
        return Page(sheet.records, position)
    return Page(sheet.records, Position(step=0, seq=1), end=True)


def _settled(view: StepView, job: JobEnd) -> StepView:
    """Return how a step ended whose job was ended around it."""
    phase = Phase.SKIPPED if view.phase is Phase.PENDING else job.phase
    return replace(view, phase=phase, reason=view.reason or job.reason)


def _pass_step(view: StepView, at: Position, sheet: Sheet) -> tuple[Position, bool]:
    """Take what there is of a step; return True when nothing of it can follow."""
    log, final = view.log, view.phase.final
    if log is not None and log.attempt > at.attempt:
        if not _leave_attempt(at, sheet):
            return at, False
        at = Position(step=at.step, attempt=log.attempt)
    if log is not None and log.attempt == at.attempt:
        at, exhausted = follow(log, at, sheet, final=final or view.retried)
        if not exhausted:
            return at, False
        if view.retried:
            return _end_attempt(view, at, sheet), False
    if not final or not (at.ended or sheet.add(*_end(view, at))):
        return at, False
    return Position(step=at.step + 1), True


def _leave_attempt(at: Position, sheet: Sheet) -> bool:
    """Say what is lost of an attempt whose log went away before its end was read."""
    if at.seq == 0 or at.ended:
        return True
    return sheet.add(_made(at, at.seq + 1, statuses.gap(at.seq + 1)))


def _end_attempt(view: StepView, at: Position, sheet: Sheet) -> Position:
    """Say the end of an attempt that did not; what the step says of itself is of its last one."""
    records = _end(StepView(index=view.index, phase=Phase.FAILED, log=view.log, torn=view.torn), at)
    if at.ended or not sheet.add(*records):
        return at
    return replace(at, seq=records[-1].seq, ended=True)


def _end(view: StepView, at: Position) -> list[Record]:
    """Return the end that a log lacks, after what is lost of it."""
    end = statuses.end(
        view.phase,
        reason=view.reason,
        text=view.message,
        exit_code=view.exit_code,
        signal=view.signal,
        elapsed=view.elapsed,
    )
    if not _lost(view, view.log, at):
        return [_made(at, at.seq + 1, end)]
    return [
        _made(at, at.seq + 1, statuses.gap(at.seq + 1)),
        _made(at, at.seq + 2, end),
    ]


def _lost(view: StepView, log: Log | None, at: Position) -> bool:
    """Tell whether something is missing that was in the log, or must have been."""
    gone = log is None or log.attempt < at.attempt or log.size == 0
    return view.torn or (gone and (at.seq > 0 or view.phase is Phase.SUCCEEDED))


def _made(at: Position, seq: int, status: statuses.Status) -> Record:
    return Record(at.step, at.attempt, seq, Stream.STATUS, status.to_json())


def _job_end(job: JobEnd) -> Record:
    end = statuses.end(job.phase, reason=job.reason, text=job.message, elapsed=job.elapsed)
    return Record(0, 1, 1, Stream.STATUS, end.to_json())
