"""A lock on a file: commands that write the same things come one after the other.

The kernel holds it, not the file: however a process ends, its lock ends with it.
"""

from __future__ import annotations

import contextlib
import fcntl
from typing import TYPE_CHECKING

from devcluster.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def held(file: Path, *, by: str) -> Iterator[None]:
    """Hold the lock on a file, waiting for it as long as it takes.

    Args:
        file: made if it is not there, and left there.
        by: who else may hold it, for the line that says what is waited for.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for {by}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
