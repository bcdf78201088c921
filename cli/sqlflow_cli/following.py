"""Shows a job until its end, and lets Ctrl-C decide what becomes of it.

The transcript is read in a thread and shown in this one, so that Ctrl-C, which may come at any
time, loses nothing: it only sets a flag, which is looked at between two events. On a terminal it
asks; a second Ctrl-C, and any without a terminal, cancels the job; a third one ends it at once.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import sys
import threading
from typing import TYPE_CHECKING, Self

import typer

from sqlflow import errors
from sqlflow.client import events
from sqlflow.client.snapshots import JobStatus
from sqlflow_cli import exits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from sqlflow.client import Job
    from sqlflow_cli.views import View

_TICK = 0.1
_WAITING = 64  # events that are read ahead of what is shown


def follow(job: Job, view: View, interrupts: Interrupts) -> errors.ExitCode:
    """Show a job from its beginning; return the exit code.

    Args:
        job: to be shown.
        view: that shows it.
        interrupts: entered already; one that came before is heeded now.

    Raises:
        SQLFlowError: the server can't be reached any more, or refuses.
    """
    view.start(job.snapshot)
    status = job.snapshot.status
    interrupts.concern(job, view)
    with contextlib.closing(view):
        for event in _read_ahead(job, interrupts.check):
            view.show(event)
            if isinstance(event, events.JobChanged):
                status = event.job.status
    if interrupts.cancelled:
        return errors.ExitCode.INTERRUPTED
    return errors.ExitCode.OK if status is JobStatus.SUCCEEDED else errors.ExitCode.JOB_FAILED


def _read_ahead(job: Job, tick: Callable[[], None]) -> Iterator[events.Event]:
    """Yield what a thread reads; call ``tick`` before each event, and while there is none."""
    waiting: queue.Queue[events.Event | Exception | None] = queue.Queue(_WAITING)

    def read() -> None:
        try:
            for event in job.events():
                waiting.put(event)
        except Exception as error:  # noqa: BLE001  # raised again in the thread that shows
            waiting.put(error)
        else:
            waiting.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        tick()
        try:
            item = waiting.get(timeout=_TICK)
        except queue.Empty:
            continue
        if item is None:
            return
        if isinstance(item, Exception):
            raise item
        yield item


class Interrupts:
    """Ctrl-C, from before a job is made until it has been shown.

    Between the request and the answer nobody knows whether there is a job. A Ctrl-C in that time
    is kept until the job can be named; a second one ends the command.

    Attributes:
        cancelled: whether it has cancelled the job.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self._job: Job | None = None
        self._view: View | None = None
        self._pending = False
        self._asking = False
        self._count = 0

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *exc: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def concern(self, job: Job, view: View) -> None:
        """Name the job, and the view that makes room for questions about it."""
        self._job, self._view = job, view

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        again = self._pending and self._job is None
        self._pending = True
        if again or self._asking:  # ends the waiting, or the question
            raise KeyboardInterrupt

    def check(self) -> None:
        """Do what an interrupt asked for since the last time."""
        if not self._pending or self._job is None or self._view is None:
            return
        self._pending = False
        self._count += 1
        if self._count == 1 and sys.stdin.isatty() and sys.stderr.isatty():
            self._ask(self._job, self._view)
        else:
            self._cancel(self._job, self._view)

    def _ask(self, job: Job, view: View) -> None:
        try:
            self._asking = True
            with view.paused():
                answer = _question()
            self._asking = False
        except KeyboardInterrupt:
            self._asking = self._pending = False
            answer = "c"
        if answer.startswith("c"):
            self._cancel(job, view)
        elif answer.startswith("d"):
            exits.say(f"the job goes on; come back to it with: sqlflow attach {job.id}")
            raise typer.Exit(errors.ExitCode.INTERRUPTED)
        else:
            self._count = 0

    def _cancel(self, job: Job, view: View) -> None:
        immediate = self.cancelled
        with view.paused():
            exits.say("ending the job at once" if immediate else "cancelling the job")
        self.cancelled = True
        job.cancel(immediate=immediate)


def _question() -> str:
    print(
        "\n[d]etach (the job goes on), [c]ancel it, or go on watching [Enter]? ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    answer = sys.stdin.readline()
    return answer.strip().lower() if answer else "d"  # a terminal that is gone ends no job
