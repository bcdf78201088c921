"""What is known of a job's steps and their logs, as the views of which pages are cut.

The job's status says how each step is doing, the tail of its pod what it has said. A page must not
pass the end of a step before all that it said was read. So here a step is over when its status says
so *and* its log is complete; or when its pod is known to be gone, which the API server was asked
for: that the mirror has no pod may only mean that it is behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from sqlflow.transcript.positions import Position
from sqlflow.transcript.views import JobEnd, StepView
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from pkg_argo.tailing import Tail
    from sqlflow_server.runners.protocol import JobSnapshot, StepSnapshot


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a step.

    Attributes:
        tails: of its pods, those of gone ones too, as far as they are kept.
        gone: a pod that ran is not there any more, and nobody here had read it.
    """

    tails: Sequence[Tail]
    gone: bool = False


class Views(Sequence[StepView]):
    """The views of all steps, each made when a page comes to it.

    Args:
        job: as it is now.
        position: where the page begins.
        heard: returns what was heard of a step.
    """

    def __init__(
        self, job: JobSnapshot, position: Position, heard: Callable[[StepSnapshot], Heard]
    ) -> None:
        self._job, self._position, self._heard = job, position, heard

    def __len__(self) -> int:
        return len(self._job.steps)

    @overload
    def __getitem__(self, index: int) -> StepView: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[StepView]: ...
    def __getitem__(self, index: int | slice) -> StepView | Sequence[StepView]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        step = self._job.steps[index]
        return view(step, self._heard(step), self._position)

    def end(self) -> JobEnd | None:
        """Return how the job ended; None while there is more to be read of its steps.

        It is told to who has come to the last step. To look at the logs of all steps earlier than
        that would have them read all at once.
        """
        job, step = self._job, self._position.step
        if not job.phase.final or step < len(self):
            return None
        if step == len(self) and not self[-1].phase.final:
            return None
        elapsed = round(job.finished - job.started, 3) if job.started and job.finished else None
        return JobEnd(phase=job.phase, reason=job.reason, message=job.message, elapsed=elapsed)


def view(step: StepSnapshot, heard: Heard, position: Position) -> StepView:
    """Return a step as a reader at a position is to see it."""
    tail = _tail(heard.tails, position if position.step == step.index else Position())
    return StepView(
        index=step.index,
        phase=_phase(step, heard, tail),
        reason=step.reason,
        message=step.message,
        log=tail.spool if tail else None,
        torn=tail.torn if tail else heard.gone,
        elapsed=round(step.finished - step.started, 3) if step.started and step.finished else None,
    )


def _phase(step: StepSnapshot, heard: Heard, tail: Tail | None) -> Phase:
    """Return where a step is to who has read of it what is in its log."""
    if tail is None:
        unread = step.started > 0 and not heard.gone
        return Phase.RUNNING if step.phase.final and unread else step.phase
    spool, newest = tail.spool, max(it.spool.attempt for it in heard.tails)
    if spool.attempt == newest and spool.end is Phase.SUCCEEDED:
        # It says so itself, seconds before Argo does: who reads on sees the next step's first line.
        return Phase.SUCCEEDED
    unread = not spool.complete or spool.attempt < newest
    return Phase.RUNNING if step.phase.final and unread else step.phase


def _tail(tails: Sequence[Tail], at: Position) -> Tail | None:
    """Return the tail to read: that of an earlier attempt until all of it is read, or the last."""
    ordered = sorted(tails, key=lambda tail: tail.spool.attempt)
    for tail in ordered[:-1]:
        spool = tail.spool
        read = at.ended or (spool.complete and at.seq >= spool.last)
        if spool.attempt == at.attempt and not read:
            return tail
    return ordered[-1] if ordered else None
