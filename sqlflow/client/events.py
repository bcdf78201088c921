"""What a reader of a job is told, one small object at a time.

Every event but :class:`JobChanged` says which statement (``step``, from 1; 0 is the job as a whole)
and which try of it (``attempt``) it belongs to. A statement's events start with
:class:`StepStarted` and end with :class:`StepEnded`; a later attempt starts over, and what the
earlier one said does not count for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlflow.client.snapshots import JobSnapshot
    from sqlflow.wire.rows import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent:
    """What all events of a statement have."""

    step: int
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(StepEvent):
    """A statement began: its id (``s01-train``) and what kind it is."""

    statement: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(StepEvent):
    """A line that the statement printed."""

    text: str
    stderr: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStarted(StepEvent):
    """The header of a result. The rows follow, if there are any."""

    columns: Sequence[Column]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(StepEvent):
    """Some rows of the result that the last :class:`TableStarted` of the step began."""

    columns: Sequence[Column]
    rows: Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(StepEvent):
    """A milestone such as ``Done parsing``, or how many rows a statement changed."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(StepEvent):
    """One epoch or boosting round is done.

    Attributes:
        text: as one line, ``epoch 0, train_loss = 0.52``.
        unit: ``epoch`` or ``round``.
        done: how many are done, from 1.
        total: how many there will be at most; 0 if that is not known.
        metrics: the numbers of this one, by name.
    """

    text: str
    unit: str = ""
    done: int = 0
    total: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(StepEvent):
    """Something worth saying that stopped nothing."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(StepEvent):
    """A picture, and the text that says the same."""

    data: bytes
    mime: str = "image/png"
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete(StepEvent):
    """Some of the statement's output is missing: over the limit, or lost on the way."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed(StepEvent):
    """Why a statement failed.

    Attributes:
        text: for a person.
        reason: for a machine, one of those in :data:`sqlflow.errors.RULES`.
        line: in the program; 0 if no place can be named.
        column: in that line, from 1.
    """

    text: str
    reason: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded(StepEvent):
    """A statement ended: ``Succeeded``, ``Failed``, ``Cancelled`` or ``Skipped``."""

    phase: str
    reason: str = ""
    text: str = ""
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnded(StepEvent):
    """The job is over; nothing follows."""

    phase: str
    reason: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class JobChanged:
    """The job or one of its steps is in another state than when it was last told of."""

    job: JobSnapshot


Event = (
    StepStarted
    | Line
    | TableStarted
    | Rows
    | Message
    | Progress
    | Warned
    | Figure
    | Incomplete
    | StepFailed
    | StepEnded
    | JobEnded
    | JobChanged
)
