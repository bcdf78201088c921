"""Where a reader is in a job's transcript."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """The place right after the last record that was delivered.

    Step, attempt and number say it all; source and offset only save looking for the place, and
    are checked before they are believed.

    Attributes:
        step: index of the statement, from 1; one more than the last when all are delivered; 0 when
            the end of the job is delivered too.
        attempt: which try of the step.
        source: the log that ``offset`` was measured in.
        seq: number of the last frame that was passed, delivered or filtered out; 0 for none.
        offset: of the first byte behind that frame.
        ended: whether that frame was the attempt's own end.
    """

    step: int = 1
    attempt: int = 1
    source: str = ""
    seq: int = 0
    offset: int = 0
    ended: bool = False
