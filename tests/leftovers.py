"""Finds and ends processes that a test run left behind.

Each process that tests start, at any depth, carries the run's name in its environment: that is how
it is known again, whatever session or parent it has by then.

As a script, ``python tests/leftovers.py NAME`` ends them, should pytest itself have been killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

VARIABLE = "SQLFLOW_TEST_RUN"


def find(run: str) -> dict[int, str]:
    """Return id and command line of each process of a run but this one and its ancestors."""
    mark = f"{VARIABLE}={run}".encode()
    ours = _ancestors(os.getpid())
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes come and go while we look, and some are not ours to look at.
        with contextlib.suppress(OSError):
            if int(folder.name) in ours or mark not in (folder / "environ").read_bytes().split(
                b"\0"
            ):
                continue
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            if command:  # A zombie has none, and needs only its parent's wait.
                found[int(folder.name)] = command.decode("utf-8", "replace").strip()
    return found


def wait_until_gone(run: str, *, seconds: float) -> dict[int, str]:
    """Give processes that are ending the time to end; return those that did not."""
    deadline = time.monotonic() + seconds
    while (left := find(run)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def end(run: str) -> None:
    """Kill what is left of a run."""
    for pid in find(run):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _ancestors(pid: int) -> set[int]:
    chain = set()
    while pid > 0:
        chain.add(pid)
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        pid = int(stat.rpartition(")")[2].split()[1])
    return chain


if __name__ == "__main__":
    end(sys.argv[1])
