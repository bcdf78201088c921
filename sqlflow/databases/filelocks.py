"""Whose turn it is with a DuckDB file.

DuckDB lets one process at a time open a file for writing and refuses the others at once. Steps of
all jobs and servers on this machine therefore queue for a lock of their own: ``flock`` on a file
beside the database, by its real path, which the kernel frees when its holder dies. The holder's
name stands in the lock file, so that a waiting step can say for whom it waits.

The lock is the process's: connections of one process to the same file share it, as they share
DuckDB's own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.errors import DataSourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MOMENT = 1.0
"""Seconds to wait before saying so: statements side by side take turns in less."""

_PAUSE = 0.01

_HELD: dict[Path, Hold] = {}
_MUTEX = threading.Lock()


@dataclass(slots=True)
class Hold:
    """A lock that is held, as often as this process has opened the file."""

    path: Path
    descriptor: int
    shared: bool
    count: int = 1

    def release(self) -> None:
        """Give one opening back; the last one frees the lock."""
        with _MUTEX:
            self.count -= 1
            if self.count:
                return
            del _HELD[self.path]
            if not self.shared:
                # Nobody else holds it now; who waits on the removed file sees that and looks again.
                with contextlib.suppress(OSError):
                    self.path.unlink()
            os.close(self.descriptor)


def hold(database: Path, *, shared: bool, on_wait: Callable[[str], None]) -> Hold:
    """Wait for the lock of a database file and take it.

    Args:
        database: its file, which need not exist yet; its directory must.
        shared: with others that only read.
        on_wait: told who holds it, when that takes longer than a moment.

    Raises:
        DataSourceError: no lock file can be made beside the database.
    """
    real = database.resolve()
    path = real.with_name(f"{real.name}.lock")
    with _MUTEX:
        held = _HELD.get(path)
        if held is not None:
            held.count += 1
            return held
        try:
            descriptor = _locked(path, shared=shared, on_wait=on_wait, name=database.name)
        except OSError as error:
            raise DataSourceError(
                f"{database} can't be locked: {path.name} beside it gives {error.strerror}"
            ) from error
        held = _HELD[path] = Hold(path, descriptor, shared)
    return held


def _locked(path: Path, *, shared: bool, on_wait: Callable[[str], None], name: str) -> int:
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            if not _taken_soon(descriptor, mode):
                on_wait(f"waiting for {name}, which is held by {_holder(descriptor)}")
                fcntl.flock(descriptor, mode)
            if _is_still(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, _own_name().encode(), 0)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _taken_soon(descriptor: int, mode: int) -> bool:
    """Take the lock if that is a matter of a moment, which is not worth a word."""
    deadline = time.monotonic() + _MOMENT
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def _is_still(path: Path, descriptor: int) -> bool:
    """Tell whether the locked file is the one at the path, not one that was removed meanwhile."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))


def _own_name() -> str:
    job, step = os.environ.get("SQLFLOW_JOB"), os.environ.get("SQLFLOW_STEP")
    process = f"process {os.getpid()}"
    return f"step {step or '?'} of job {job} ({process})" if job else process


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 500, 0).decode("utf-8", "replace") or "another step"
