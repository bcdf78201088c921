"""When a job is ended before its time, and how its steps are made to end.

Four things end a job: a latch (somebody cancelled it), its lease (nobody fetches any more), its
deadline, a full disk. The first that is seen names the end. Steps are asked first (SIGTERM; a step
ends within two seconds) and killed when they do not, or when the latch says so.

The lease counts on this process's monotonic clock from the last change of the lease file's mtime,
so neither a clock that is set nor a laptop that slept ends a job; a new supervisor grants the
lease anew.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlflow_server.runners.local import states

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlflow_server.runners.local.layout import JobDirectory, JobSpec
    from sqlflow_server.runners.local.processes import StepProcess
    from sqlflow_server.runners.local.states import JobState, Stop

GRACE = 5.0
"""Seconds that a step has between being asked to end and being killed."""


class Stopping:
    """Watches for a reason to end the job and, once there is one, ends its steps."""

    def __init__(self, directory: JobDirectory, spec: JobSpec, state: JobState) -> None:
        self._directory = directory
        self._spec = spec
        self._stop = states.stop_of(state.reason, state.message)
        self._lease_mtime = -1
        self._lease_since = 0.0
        ran = max(time.time() - state.started, 0.0) if state.started else 0.0
        self._deadline = time.monotonic() - ran + spec.deadline
        self._asked: dict[StepProcess, float] = {}
        self._killed: set[StepProcess] = set()

    def look(self, *, disk_full: bool) -> Stop | None:
        """Return why the job is to be ended, once there is a reason; from then on the same."""
        if self._stop is None:
            self._stop = self._cancelled() or self._lease() or self._late() or _full(disk_full)
        return self._stop

    def end(self, running: Iterable[StepProcess]) -> None:
        """Take the next step in ending the steps that still run."""
        if self._stop is None:
            return
        now, at_once = time.monotonic(), self._directory.cancel_now.exists()
        for process in running:
            asked = self._asked.get(process)
            if process in self._killed:
                continue
            if at_once or (asked is not None and now - asked > GRACE):
                process.end(kill=True)
                self._killed.add(process)
            elif asked is None:
                process.end(kill=False)
                self._asked[process] = now

    def _cancelled(self) -> Stop | None:
        if not self._directory.cancel.exists() and not self._directory.cancel_now.exists():
            return None
        return states.stop_of("Cancelled", "the job was cancelled on request")

    def _lease(self) -> Stop | None:
        if not self._spec.fetch_lease:
            return None
        now, mtime = time.monotonic(), self._directory.lease.stat().st_mtime_ns
        if mtime != self._lease_mtime:
            self._lease_mtime, self._lease_since = mtime, now
        if now - self._lease_since < self._spec.fetch_lease:
            return None
        text = f"nobody fetched for {self._spec.fetch_lease:g} s, so the job was cancelled"
        return states.stop_of("LeaseExpired", text)

    def _late(self) -> Stop | None:
        if not self._spec.deadline or time.monotonic() < self._deadline:
            return None
        text = f"the job ran longer than its deadline of {self._spec.deadline:g} s"
        return states.stop_of("DeadlineExceeded", text)


def _full(disk_full: bool) -> Stop | None:  # noqa: FBT001 - the only argument
    if not disk_full:
        return None
    return states.stop_of("StorageError", "the disk that holds the jobs is full or failing")
