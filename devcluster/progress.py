"""Says what is going on while something takes long: one line a step, with its time."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

STILL: Final = 30.0  # seconds between signs of life


def say(text: str) -> None:
    """Print one line of progress on stderr: stdout is for what a command answers."""
    sys.stderr.write(f"cluster: {text}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Tell of a step that takes long: at its start, every half minute, and at its end."""
    say(f"{text} …")
    started = time.monotonic()
    ended = threading.Event()

    def remind() -> None:
        while not ended.wait(STILL):
            say(f"{text}: still at it after {time.monotonic() - started:.0f} s")

    reminder = threading.Thread(target=remind, daemon=True)
    reminder.start()
    try:
        yield
    finally:
        ended.set()
        reminder.join()
    say(f"{text}: done in {time.monotonic() - started:.1f} s")
