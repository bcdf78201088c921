"""The child's tie to its parent: when the parent is gone, however it went, so is the child.

The parent holds the writing end of a pipe and never writes. On Linux the kernel itself is told to
kill the child's whole process group when that end closes, which works even while native code holds
the interpreter's lock. Elsewhere a thread waits for it.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys


def tie(fd: int) -> None:
    """Tie this process group's life to the pipe whose reading end is ``fd``."""
    os.set_inheritable(fd, False)
    if sys.platform == "linux":
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(fd, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_ASYNC)
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if poll.poll(0):  # it was closed before all that was set
            _end()
    else:
        import threading

        threading.Thread(target=_wait, args=(fd,), daemon=True).start()


def _wait(fd: int) -> None:
    os.read(fd, 1)
    _end()


def _end() -> None:
    os.killpg(0, signal.SIGKILL)
