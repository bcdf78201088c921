"""What a job has said, read in pages, from anywhere. Pure, and of the standard library only.

A reader holds a :class:`Position`, as a token signed by a :class:`KeyRing`. :func:`cut` makes the
page that follows it from what a runner knows: the phase of each step, and the :class:`Log` of what
each printed. Nothing is kept between two pages, so each server can give the next one.
"""

from __future__ import annotations

from sqlflow.transcript.logs import Log
from sqlflow.transcript.pages import ALL_STREAMS, cut
from sqlflow.transcript.positions import Position
from sqlflow.transcript.tokens import KeyRing
from sqlflow.transcript.views import JobEnd, Page, Record, StepView

__all__ = [
    "ALL_STREAMS",
    "JobEnd",
    "KeyRing",
    "Log",
    "Page",
    "Position",
    "Record",
    "StepView",
    "cut",
]
