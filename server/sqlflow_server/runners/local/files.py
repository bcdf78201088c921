"""Writing and locking files so that a reader, or a crash, never sees half of it.

Standard library only: the supervisor imports it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from typing import TYPE_CHECKING

from sqlflow.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG}


def is_storage(error: OSError) -> bool:
    """Whether it is the disk's fault: full, over quota, failing."""
    return error.errno in _DISK


@contextlib.contextmanager
def storage(what: str) -> Iterator[None]:
    """Turn a fault of the disk into a StorageError that names what could not be written."""
    try:
        yield
    except OSError as error:
        if not is_storage(error):
            raise
        raise StorageError(
            f"{what} could not be written: {os.strerror(error.errno or 0)}"
        ) from error


def write(path: Path, content: bytes) -> None:
    """Write a new file that only its owner reads, and see it to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, content: bytes) -> None:
    """Write a file whose readers see the old content or the new, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary, content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_directory(path: Path) -> None:
    """See the names in a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock(descriptor: int) -> bool:
    """Try to lock an open file for this process and those that inherit the descriptor."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether somebody alive holds the file's lock. A file that is not there is not locked.

    For an instant the question itself shares the lock, so whoever wants it tries for longer than
    that.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
