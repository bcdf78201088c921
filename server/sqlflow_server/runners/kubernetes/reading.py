"""What is known of a job's steps and their logs, as the views of which pages are cut.

The job's status says how each step is doing, the tail of its pod what it has said. A page must not
pass the end of a step before all that it said was read. So here a step is over when its status says
so *and* its log is complete; or when its pod is known to be gone, which the API server was asked
for: that the mirror has no pod may only mean that it is behind.

A step that was tried again has a pod for each attempt, and they are read one after another. An
attempt whose pod is gone, and that nobody here had read, is one that said nothing but was
:class:`Lost`: in the transcript it is a gap and an end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, overload

from pkg_argo.spools import Spool
from sqlflow.transcript.positions import Position
from sqlflow.transcript.views import JobEnd, StepView
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pkg_argo.tailing import Tail
    from sqlflow_server.runners.protocol import JobSnapshot, StepSnapshot


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for the tail of a pod that is gone, and that nobody here had read."""

    spool: Spool
    torn: bool = True

    @classmethod
    def of(cls, attempt: int) -> Lost:
        spool = Spool(attempt, "")
        spool.finish()
        return cls(spool)


Heard: TypeAlias = "Tail | Lost"


class Views(Sequence[StepView]):
    """The views of all steps, each made when a page comes to it.

    Args:
        job: as it is now.
        position: where the page begins.
        heard: returns what was heard of a step: the tails of its pods, those of gone ones too, as
            far as they are kept.
    """

    def __init__(
        self,
        job: JobSnapshot,
        position: Position,
        heard: Callable[[StepSnapshot], Sequence[Heard]],
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


def newest(heard: Iterable[Heard]) -> int:
    """Return the number of the last attempt of which something is known; 0 if there is none."""
    return max((it.spool.attempt for it in heard), default=0)


def view(step: StepSnapshot, heard: Sequence[Heard], position: Position) -> StepView:
    """Return a step as a reader at a position is to see it."""
    tail = _tail(heard, position if position.step == step.index else Position())
    last = newest(heard)
    return StepView(
        index=step.index,
        phase=_phase(step, tail, last),
        reason=step.reason,
        message=step.message,
        log=tail.spool if tail else None,
        torn=tail is not None and tail.torn,
        retried=tail is not None and tail.spool.complete and tail.spool.attempt < last,
        elapsed=round(step.finished - step.started, 3) if step.started and step.finished else None,
    )


def _phase(step: StepSnapshot, tail: Heard | None, last: int) -> Phase:
    """Return where a step is to who has read of it what is in its log."""
    if tail is None:
        return Phase.RUNNING if step.phase.final and step.started > 0 else step.phase
    spool = tail.spool
    latest = spool.attempt == last and last >= step.attempt
    if latest and spool.end is Phase.SUCCEEDED:
        # It says so itself, seconds before Argo does: who reads on sees the next step's first line.
        return Phase.SUCCEEDED
    unread = not (latest and spool.complete)
    return Phase.RUNNING if step.phase.final and unread else step.phase


def _tail(heard: Sequence[Heard], at: Position) -> Heard | None:
    """Return the tail to read: of the attempt that the reader is in, or comes to, or the last."""
    found = {it.spool.attempt: it for it in heard}
    if not found:
        return None
    wanted = min(at.attempt + at.ended, max(found))
    return found.get(wanted) or Lost.of(wanted)
