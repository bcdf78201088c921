"""Sees to it that each job that is not over has a living supervisor.

The lock of a job tells whether its supervisor lives, whoever started it. One that dies is replaced;
one that dies again and again is replaced more and more seldom.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from sqlflow_server.runners.local import files

if TYPE_CHECKING:
    from sqlflow_server.runners.local.layout import JobDirectory

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_SECRETS = ("SQLFLOW_DATA_SOURCE",)
"""Settings of the server that are nobody else's business: jobs have data sources of their own."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    pause: float
    next: float


class Guard:
    """Starts supervisors. Safe to use from several threads."""

    def __init__(self) -> None:
        self._children: dict[str, _Child] = {}
        self._lock = threading.Lock()

    def look_after(self, job_id: str, directory: JobDirectory) -> None:
        """Start a supervisor for a job that is not over, if it has none.

        One that can't be started now is tried again at the next look: the job is durable.
        """
        with self._lock:
            child = self._children.get(job_id)
            if child is not None and (
                child.process.poll() is None or time.monotonic() < child.next
            ):
                return
            if files.is_locked(directory.lock):
                return
            pause = min(child.pause * 2, _LONGEST_PAUSE) if child else _FIRST_PAUSE
            try:
                process = _start(directory)
            except OSError as error:
                _log.error("no supervisor can be started", job=job_id, error=str(error))
                return
            self._children[job_id] = _Child(process, pause, time.monotonic() + pause)
        _log.info("supervisor started", job=job_id, pid=process.pid, again=child is not None)

    def reap(self) -> None:
        """Let go of supervisors that ended, and that no job has asked for since."""
        with self._lock:
            for job_id, child in list(self._children.items()):
                if child.process.poll() is not None and time.monotonic() > child.next:
                    del self._children[job_id]

    def release(self) -> None:
        """Leave the supervisors to themselves; they are waited for as long as this process lives.

        So the program around an embedded server has no zombies, and no warnings about them.
        """
        with self._lock:
            for child in self._children.values():
                if child.process.poll() is None:
                    threading.Thread(target=child.process.wait, daemon=True).start()
            self._children.clear()


def _start(directory: JobDirectory) -> subprocess.Popen[bytes]:
    with directory.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "sqlflow_server.runners.local.supervisor", directory.path],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={k: v for k, v in os.environ.items() if k not in _SECRETS},
            cwd="/",
            start_new_session=True,
        )
