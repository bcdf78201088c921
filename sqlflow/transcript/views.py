"""What a runner shows of a job, and what a reader gets of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlflow.transcript.logs import Log
    from sqlflow.transcript.positions import Position
    from sqlflow.wire.frames import Stream
    from sqlflow.wire.statuses import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step as its runner sees it.

    A runner looks at the phase first and opens the log after that: a final phase promises that
    the log will not grow any more.

    Attributes:
        index: from 1.
        phase: where it is; with a final one, readers go on to the next step.
        reason: like all that follows but the log: for the end of a step whose log does not hold it.
        message: a sentence for people.
        log: of its latest attempt, or of an earlier one as long as a reader is in that; None if
            there is none, or none any more.
        torn: the log went away before it was read to its end.
        retried: the log is of an attempt that is over, and another one follows it.
        exit_code: of the process.
        signal: the name of the one that ended the process.
        elapsed: seconds.
    """

    index: int
    phase: Phase
    reason: str = ""
    message: str = ""
    log: Log | None = None
    torn: bool = False
    retried: bool = False
    exit_code: int | None = None
    signal: str = ""
    elapsed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """How a job ended."""

    phase: Phase
    reason: str = ""
    message: str = ""
    elapsed: float | None = None


class Record(NamedTuple):
    """One record of the transcript, or a piece of one: ``more`` says that the next goes on."""

    step: int
    attempt: int
    seq: int
    stream: Stream
    text: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What was read, and where to go on.

    Attributes:
        records: none, if there is nothing new (``position`` is as it was) or if what there is was
            filtered out (``position`` went on, and there may be more at once).
        position: right after them.
        end: the transcript is complete, and this is the last of it.
    """

    records: list[Record]
    position: Position
    end: bool = False
