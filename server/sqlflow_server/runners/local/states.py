"""Where a job is: the content of ``state.json``, and the rules by which it moves.

Pure and standard library only. The supervisor is the only writer; servers read.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlflow_server.runners.local.layout import JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """Where a step is. Times are seconds since the epoch; 0 is "not yet"."""

    phase: Phase = Phase.PENDING
    reason: str = ""
    message: str = ""
    started: float = 0.0
    finished: float = 0.0
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """Where a job is. A reason while it runs says why it is being ended."""

    phase: Phase = Phase.PENDING
    reason: str = ""
    message: str = ""
    started: float = 0.0
    finished: float = 0.0
    steps: tuple[StepState, ...]

    def to_json(self) -> str:
        """Return the content of ``state.json``."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> JobState:
        """Read what :meth:`to_json` wrote."""
        value = json.loads(text)
        steps = tuple(StepState(**_phased(s)) for s in value.pop("steps"))
        return cls(**_phased(value), steps=steps)

    def with_step(self, number: int, **changes: Any) -> JobState:
        """Return the state with changes to the step of that index in ``steps``."""
        steps = list(self.steps)
        steps[number] = dataclasses.replace(steps[number], **changes)
        return dataclasses.replace(self, steps=tuple(steps))


def _phased(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "phase": Phase(value["phase"])}


def initial(spec: JobSpec) -> JobState:
    """Return the state of a job that nobody has begun."""
    return JobState(steps=(StepState(),) * len(spec.steps))


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a job is ended before its time, and what it is called then."""

    phase: Phase
    reason: str
    message: str


_STOP_PHASES = {
    "Cancelled": Phase.CANCELLED,
    "LeaseExpired": Phase.CANCELLED,
    "DeadlineExceeded": Phase.FAILED,
    "StorageError": Phase.FAILED,
}


def stop_of(reason: str, message: str) -> Stop | None:
    """Return the stop of that reason; None for a reason that ends nothing."""
    phase = _STOP_PHASES.get(reason)
    return Stop(phase, reason, message) if phase else None


def startable(spec: JobSpec, state: JobState) -> list[int]:
    """Return which steps to start now, as positions in ``steps``, in the program's order.

    After a failure nothing new is started; what runs already runs to its end, since a statement
    that is ended midway may leave half of its work behind.
    """
    if state.reason or any(s.phase in (Phase.FAILED, Phase.CANCELLED) for s in state.steps):
        return []
    done = {spec.steps[n].id for n, s in enumerate(state.steps) if s.phase is Phase.SUCCEEDED}
    free = spec.parallelism - sum(s.phase is Phase.RUNNING for s in state.steps)
    ready = [
        n
        for n, s in enumerate(state.steps)
        if s.phase is Phase.PENDING and done.issuperset(spec.steps[n].after)
    ]
    return ready[: max(free, 0)]


def concluded(spec: JobSpec, state: JobState, *, now: float) -> JobState | None:
    """Return the job's last state if nothing runs and nothing can be started; else None."""
    if any(s.phase is Phase.RUNNING for s in state.steps) or startable(spec, state):
        return None
    if all(s.phase is Phase.SUCCEEDED for s in state.steps):
        return dataclasses.replace(
            state, phase=Phase.SUCCEEDED, reason="", message="", finished=now
        )
    end = stop_of(state.reason, state.message) or _failure(spec, state.steps)
    return dataclasses.replace(
        state,
        phase=end.phase,
        reason=end.reason,
        message=end.message,
        finished=now,
        steps=tuple(_skipped(s, end.reason) for s in state.steps),
    )


def _failure(spec: JobSpec, steps: Sequence[StepState]) -> Stop:
    number = next(n for n, s in enumerate(steps) if s.phase in (Phase.FAILED, Phase.CANCELLED))
    step, ordered = steps[number], spec.steps[number]
    place = f"step {ordered.id}, line {ordered.line}" if ordered.line else f"step {ordered.id}"
    said = step.message or "it failed"
    if step.phase is Phase.CANCELLED:
        said = f"it was ended from outside: {step.message}".rstrip(": ")
    return Stop(Phase.FAILED, "StepFailed", f"{place}: {said}")


def _skipped(step: StepState, reason: str) -> StepState:
    if step.phase is not Phase.PENDING:
        return step
    return dataclasses.replace(step, phase=Phase.SKIPPED, reason=reason)
