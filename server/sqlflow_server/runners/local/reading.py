"""A job as a server reads it: its state when it changed, its transcript from the files.

Nothing here writes but the lease's mtime. What is kept in memory is a cache of files, checked by
``stat`` each time.
"""

from __future__ import annotations

import contextlib
import math
import os
from typing import TYPE_CHECKING

from sqlflow.transcript import pages
from sqlflow.transcript.views import JobEnd, Page, StepView
from sqlflow_server.runners.local import store
from sqlflow_server.runners.local.layout import JobDirectory, JobSpec
from sqlflow_server.runners.local.states import JobState
from sqlflow_server.runners.protocol import JobSnapshot, PageQuery, StepSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlflow.transcript.positions import Position

Mark = tuple[int, ...]
"""What changes when a file does."""


class JobReader:
    """Reads one job. Its methods raise JobNotFoundError once the directory is gone.

    Attributes:
        spec: what was ordered.
        identity: of the job, see :func:`identity`.
        lease_interval: seconds after which who waits is to renew the lease.
    """

    def __init__(self, directory: JobDirectory) -> None:
        self.directory = directory
        self.identity = identity(directory)
        self.spec = JobSpec.from_json(directory.job.read_text(encoding="utf-8"))
        self.lease_interval = self.spec.fetch_lease / 3 or math.inf
        self._seen: Mark = ()
        self._state: JobState

    def state(self) -> JobState:
        """Return where the job is now."""
        with self._known():
            mark = _mark(self.directory.state.stat())
            if mark != self._seen:
                self._state = JobState.from_json(self.directory.state.read_text(encoding="utf-8"))
                self._seen = mark
        return self._state

    def snapshot(self) -> JobSnapshot:
        """Return the job as it is now."""
        return _snapshot(self.spec, self.state())

    def page(self, query: PageQuery, position: Position) -> tuple[Page, JobSnapshot]:
        """Return the page after a position, as far as there is one."""
        # The state is read first: a step that it calls final has printed all that it ever will.
        state = self.state()
        with contextlib.ExitStack() as stack:
            views = [self._view(n, state, stack) for n in range(len(self.spec.steps))]
            page = pages.cut(
                views,
                _end(state),
                position,
                streams=query.streams,
                max_bytes=query.max_bytes,
            )
        return page, _snapshot(self.spec, state)

    def marker(self, position: Position) -> Callable[[], Mark]:
        """Return a function whose value changes when there may be something new after a position.

        It is called often while somebody waits, so what it looks at is named beforehand.
        """
        state, frames = self.directory.state, None
        if 1 <= position.step <= len(self.spec.steps):
            step = self.spec.steps[position.step - 1]
            frames = self.directory.attempt(step.id, position.attempt).frames

        def mark() -> Mark:
            with self._known():
                seen = _mark(state.stat())
            return (*seen, _size(frames)) if frames is not None else seen

        return mark

    def renew_lease(self) -> None:
        """Note that somebody reads: each time, since one that is not noted shortens the lease."""
        if self.spec.fetch_lease:
            with contextlib.suppress(FileNotFoundError):
                os.utime(self.directory.lease)

    @contextlib.contextmanager
    def _known(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise store.not_found(self.spec.id) from None

    def _view(self, number: int, state: JobState, stack: contextlib.ExitStack) -> StepView:
        step, at = self.spec.steps[number], state.steps[number]
        log = None
        if at.attempt:
            log = FileLog(self.directory.attempt(step.id, at.attempt).frames, at.attempt)
            stack.callback(log.close)
        return StepView(
            index=step.index,
            phase=at.phase,
            reason=at.reason,
            message=at.message,
            log=log,
            elapsed=_elapsed(at.started, at.finished),
        )


def identity(directory: JobDirectory) -> Mark:
    """Tell a job from another that had its directory's name before.

    Raises:
        FileNotFoundError: there is no job.
    """
    return _mark(directory.job.stat())


class FileLog:
    """The frames file of one attempt, opened when it is first read."""

    source = ""

    def __init__(self, path: Path, attempt: int) -> None:
        self.attempt = attempt
        self._path = path
        self._descriptor = -1

    @property
    def size(self) -> int:
        """Bytes there are by now."""
        return os.fstat(self._descriptor).st_size if self._open() else 0

    def read(self, offset: int, size: int) -> bytes:
        """Return the bytes from ``offset``."""
        return os.pread(self._descriptor, size, offset) if self._open() else b""

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> bool:
        if self._descriptor < 0:
            with contextlib.suppress(FileNotFoundError):
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return self._descriptor >= 0


def _mark(stat: os.stat_result) -> Mark:
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _elapsed(started: float, finished: float) -> float | None:
    return round(finished - started, 3) if started and finished else None


def _end(state: JobState) -> JobEnd | None:
    if not state.phase.final:
        return None
    return JobEnd(
        phase=state.phase,
        reason=state.reason,
        message=state.message,
        elapsed=_elapsed(state.started, state.finished),
    )


def _snapshot(spec: JobSpec, state: JobState) -> JobSnapshot:
    return JobSnapshot(
        id=spec.id,
        submitter=spec.submitter,
        created=spec.created,
        phase=state.phase,
        reason=state.reason,
        message=state.message,
        started=state.started,
        finished=state.finished,
        steps=tuple(
            StepSnapshot(
                id=step.id,
                index=step.index,
                kind=step.kind,
                summary=step.summary,
                phase=at.phase,
                reason=at.reason,
                message=at.message,
                started=at.started,
                finished=at.finished,
                attempt=at.attempt,
            )
            for step, at in zip(spec.steps, state.steps, strict=True)
        ),
    )
