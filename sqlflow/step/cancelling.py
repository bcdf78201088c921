"""Ends the child when the step is asked to end: SIGTERM first, SIGKILL for its group after a grace.

All of it happens in signal handlers, which Python also runs while the parent is stuck in a write,
so that a reader who does not read can't keep a statement alive.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

GRACE = 1.0
"""Seconds from SIGTERM to SIGKILL."""


class Canceller:
    """Handles the signals of the parent from now on.

    Attributes:
        cancelled: whether the step was asked to end.
        wakeup: becomes readable when a signal came, also that of a child's exit.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self._pid = 0
        self.wakeup, wakeup = os.pipe()
        os.set_blocking(self.wakeup, False)
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._cancel)
        signal.signal(signal.SIGINT, self._cancel)
        signal.signal(signal.SIGALRM, lambda *_: self.kill())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def watch(self, pid: int) -> None:
        """Name the child, the leader of its process group."""
        self._pid = pid
        if self.cancelled:
            self._terminate()

    def kill(self) -> None:
        """Kill what is left of the child's process group."""
        if self._pid:
            # Gone; or, on macOS, gone but not yet waited for.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)

    def _cancel(self, *_: object) -> None:
        if not self.cancelled:
            self.cancelled = True
            self._terminate()

    def _terminate(self) -> None:
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
            signal.setitimer(signal.ITIMER_REAL, GRACE)
