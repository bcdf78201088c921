"""The supervisor: the process that runs one job, ``python -m … JOBDIR``.

It lives in a session of its own, so neither the server's death nor a Ctrl-C reaches it. It holds
the job's lock as long as it lives; a second one, started by mistake, finds the lock held and
leaves. All that it knows stands in files, so its own death loses nothing: the next one reads the
state, adopts the steps that still run and goes on.

The order of writing is what makes that safe. A step is first marked Running in ``state.json``, then
started; it is marked as ended only after it is gone. So whatever is found marked Running has
either not begun (and may be started), or runs, or has ended (and is never run again).
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlflow.wire.statuses import Phase
from sqlflow_server.runners.local import files, layout, processes, states
from sqlflow_server.runners.local.stopping import Stopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow_server.runners.local.processes import Outcome, StepProcess

TICK = 0.05
"""Seconds between two looks at latches and clocks. The end of a step wakes at once."""

_LOCK_PATIENCE = 1.0
"""Seconds to try for the lock, since asking whether it is held holds it for an instant."""

_STORAGE_PAUSE = 1.0
"""Seconds between two tries to write the state on a full disk."""


class Supervisor:
    """Runs one job to its end."""

    def __init__(self, directory: layout.JobDirectory) -> None:
        self._directory = directory
        self._spec = layout.JobSpec.from_json(directory.job.read_text(encoding="utf-8"))
        text = processes.read_text(directory.state)
        self._state = states.JobState.from_json(text) if text else states.initial(self._spec)
        self._running: dict[int, StepProcess] = {}
        self._disk_full = False
        self._stopping = Stopping(directory, self._spec, self._state)

    def run(self) -> None:
        """Run until the job is over, or its directory is gone."""
        try:
            with _wakeups() as wakeup:
                self._adopt()
                while not self._state.phase.final:
                    self._advance()
                    if not self._state.phase.final:
                        _pause(wakeup, TICK)
        except FileNotFoundError:
            if self._directory.job.exists():
                raise
            for process in self._running.values():
                process.end(kill=True)

    def _advance(self) -> None:
        self._reap()
        self._heed()
        self._start()
        self._conclude()

    def _adopt(self) -> None:
        """Take over the steps that another supervisor marked as running."""
        for number, step in enumerate(self._state.steps):
            if step.phase is not Phase.RUNNING:
                continue
            attempt = self._attempt(number)
            if processes.has_run(attempt):
                self._running[number] = processes.AdoptedStep(attempt)
            else:
                self._launch(number)

    def _reap(self) -> None:
        state = self._state
        for number, process in list(self._running.items()):
            if process.ended():
                del self._running[number]
                state = self._ended(state, number, self._outcome(process))
        self._save(state)

    def _outcome(self, process: StepProcess) -> Outcome:
        end = process.outcome()
        if end.reason == processes.LOST and self._state.reason:
            return dataclasses.replace(end, phase=Phase.CANCELLED, reason=self._state.reason)
        return end

    def _ended(self, state: states.JobState, number: int, end: Outcome) -> states.JobState:
        self._disk_full |= end.reason == processes.STORAGE
        return state.with_step(
            number,
            phase=end.phase,
            reason=end.reason,
            message=end.message,
            finished=time.time(),
        )

    def _heed(self) -> None:
        """Look whether the job is to be ended, and end its steps if so."""
        self._directory.job.stat()  # raises when the directory was deleted
        stop = self._stopping.look(disk_full=self._disk_full)
        if stop is not None and not self._state.reason:
            self._save(dataclasses.replace(self._state, reason=stop.reason, message=stop.message))
        self._stopping.end(self._running.values())

    def _start(self) -> None:
        numbers = states.startable(self._spec, self._state)
        if not numbers:
            return
        now = time.time()
        state = dataclasses.replace(
            self._state, phase=Phase.RUNNING, started=self._state.started or now
        )
        for number in numbers:
            state = state.with_step(number, phase=Phase.RUNNING, started=now, attempt=1)
        self._save(state)
        for number in numbers:
            self._launch(number)

    def _launch(self, number: int) -> None:
        attempt = self._attempt(number)
        try:
            process = processes.start(self._directory, self._spec, number, attempt)
        except (OSError, subprocess.SubprocessError) as error:
            self._save(self._ended(self._state, number, processes.not_started(error)))
        else:
            self._running[number] = process

    def _conclude(self) -> None:
        state = states.concluded(self._spec, self._state, now=time.time())
        if state is not None:
            # No step will need its secret any more; gone first, so that no crash leaves it behind.
            self._directory.data_source.unlink(missing_ok=True)
            self._save(state)
            self._directory.reserve.unlink(missing_ok=True)

    def _save(self, state: states.JobState) -> None:
        """Make a new state durable: on a full disk by giving up the reserve, or by patience."""
        if state == self._state:
            return
        content = state.to_json().encode()
        while not self._written(content):
            time.sleep(0 if self._give_up_reserve() else _STORAGE_PAUSE)
        self._state = state

    def _written(self, content: bytes) -> bool:
        try:
            files.replace(self._directory.state, content)
        except OSError as error:
            if not files.is_storage(error):
                raise
            self._disk_full = True
            return False
        return True

    def _give_up_reserve(self) -> bool:
        held = self._directory.reserve.exists()
        self._directory.reserve.unlink(missing_ok=True)
        return held

    def _attempt(self, number: int) -> layout.Attempt:
        return self._directory.attempt(
            self._spec.steps[number].id, self._state.steps[number].attempt
        )


@contextlib.contextmanager
def _wakeups() -> Iterator[int]:
    """Give a pipe that becomes readable when a child ends."""
    reader, writer = os.pipe()
    for descriptor in (reader, writer):
        os.set_blocking(descriptor, False)
    before = signal.signal(signal.SIGCHLD, lambda *_: None)
    wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGCHLD, before)
        os.close(reader)
        os.close(writer)


def _pause(wakeup: int, seconds: float) -> None:
    if select.select([wakeup], [], [], seconds)[0]:
        os.read(wakeup, 4096)


def _hold(path: Path) -> bool:
    """Take the job's lock for as long as this process lives."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    patience = time.monotonic() + _LOCK_PATIENCE
    while not files.lock(descriptor):
        if time.monotonic() > patience:
            return False
        time.sleep(0.01)
    with contextlib.suppress(OSError):  # for people only; a full disk is no reason to stop
        os.truncate(descriptor, os.pwrite(descriptor, b"%d\n" % os.getpid(), 0))
    return True


def main(path: Path) -> None:
    """Run the job in a directory, unless somebody else does."""
    directory = layout.JobDirectory(path)
    if _hold(directory.lock):
        Supervisor(directory).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
