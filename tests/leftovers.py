"""Finds and ends what a test run left behind: processes, and file systems that it mounted.

Each process that tests start, at any depth, carries the run's name in its environment: that is how
it is known again, whatever session or parent it has by then. A file system is mounted from a
"device" of the run's name.

As a script, ``python tests/leftovers.py NAME`` ends them, should pytest itself have been killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
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


def device() -> str:
    """Return what this run mounts its file systems from."""
    return os.environ[VARIABLE]


def mounts(run: str) -> list[str]:
    """Return the folders where a run has mounted file systems, the innermost first."""
    lines = Path("/proc/self/mounts").read_text("utf-8").splitlines()
    return [fields[1] for fields in map(str.split, reversed(lines)) if fields[0] == run]


def wait_until_gone(run: str, *, seconds: float) -> list[str]:
    """Give processes that are ending the time to end; return, in words, what is left."""
    deadline = time.monotonic() + seconds
    while (processes := find(run)) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [f"process {pid}: {command}" for pid, command in processes.items()]
    return left + [f"mount: {folder}" for folder in mounts(run)]


def end(run: str) -> None:
    """Kill and unmount what is left of a run."""
    for pid in find(run):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for folder in mounts(run):
        subprocess.run(["umount", "-l", folder], check=False)


def _ancestors(pid: int) -> set[int]:
    chain = set()
    while pid > 0:
        chain.add(pid)
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        pid = int(stat.rpartition(")")[2].split()[1])
    return chain


if __name__ == "__main__":
    end(sys.argv[1])
