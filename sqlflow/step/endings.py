"""How a step ended, told from what is left of its child. Pure.

======================================  =========  =============================================
what happened                           phase      reason
======================================  =========  =============================================
the statement was executed              Succeeded
it raised an error                      Failed     as in :data:`sqlflow.errors.RULES`
Python or the kernel ran out of memory  Failed     ``OutOfMemory``
killed by somebody else (SIGKILL)       Failed     ``Killed``; memory is the usual cause
died of another signal                  Failed     ``Crashed``
exited before it was done               Failed     ``Exited``
could not be started                    Failed     ``NotStarted``
the step was asked to end (SIGTERM)     Cancelled  ``Cancelled``
its output could not be written         Failed     ``OutputFailed``
======================================  =========  =============================================

A statement that was executed stays so, whatever happens to its process afterwards.
"""

from __future__ import annotations

import json
import os
import signal
from typing import NamedTuple

from sqlflow.step import recording
from sqlflow.wire import statuses
from sqlflow.wire.statuses import Event, Phase, Status

_MESSAGE_LIMIT = 4096
_TEXT = 1000
_EXIT_OF_PHASE = {Phase.SUCCEEDED: 0, Phase.FAILED: 1, Phase.CANCELLED: 143}
_EXIT_NO_OUTPUT = 74  # EX_IOERR of sysexits.h


class Ending(NamedTuple):
    """How a step ended.

    Attributes:
        phase: Succeeded, Failed or Cancelled.
        reason: for machines; empty when it succeeded.
        text: a sentence for people; empty when it succeeded.
        exit_code: of the child; 128 and the signal's number where a signal ended it.
        signal: the name of that signal; empty when it exited by itself.
    """

    phase: Phase
    reason: str = ""
    text: str = ""
    exit_code: int = 0
    signal: str = ""

    @property
    def parent_exit_code(self) -> int:
        """What the parent exits with."""
        return _EXIT_OF_PHASE[self.phase] if self.reason != "OutputFailed" else _EXIT_NO_OUTPUT

    def error(self) -> Status:
        """Return the error status, for an ending that the child could not tell by itself."""
        return Status(Event.ERROR, self.text, {"reason": self.reason})

    def end(self, elapsed: float) -> Status:
        """Return the last status of the step, ``elapsed`` seconds after its start."""
        return self._end(elapsed, _TEXT)

    def termination_message(self, elapsed: float) -> bytes:
        """Return the same for whoever can't read the frames, in at most 4 KiB."""
        length = _TEXT
        while True:
            end = self._end(elapsed, length)
            value = {"message": end.text, **end.details}
            message = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
            if len(message) <= _MESSAGE_LIMIT:
                return message
            length //= 2

    def _end(self, elapsed: float, length: int) -> Status:
        return statuses.end(
            self.phase,
            reason=self.reason,
            text=self.text if len(self.text) <= length else self.text[: length - 2] + " …",
            exit_code=self.exit_code,
            signal=self.signal,
            elapsed=round(elapsed, 3),
        )


def judge(
    wait_status: int, *, done: bool, error: Status | None, cancelled: bool, oom_kills: int
) -> Ending:
    """Tell how a child ended.

    Args:
        wait_status: of the child, as ``waitpid`` gives it.
        done: whether it said that the statement was executed.
        error: the error that it reported last.
        cancelled: whether the step was asked to end.
        oom_kills: how many processes beside it the kernel killed for want of memory.
    """
    code = os.waitstatus_to_exitcode(wait_status)
    name = _signal_name(-code) if code < 0 else ""
    phase, reason, text = _verdict(
        code, name, done=done, error=error, cancelled=cancelled, oom_kills=oom_kills
    )
    exit_code = 128 - code if code < 0 else code
    return Ending(phase=phase, reason=reason, text=text, exit_code=exit_code, signal=name)


def _verdict(
    code: int, name: str, *, done: bool, error: Status | None, cancelled: bool, oom_kills: int
) -> tuple[Phase, str, str]:
    if done:
        return Phase.SUCCEEDED, "", ""
    if cancelled:
        return Phase.CANCELLED, "Cancelled", "the statement was cancelled"
    if error is not None:
        return Phase.FAILED, str(error.details.get("reason", "")), error.text
    if name == "SIGKILL" and oom_kills:
        return (
            Phase.FAILED,
            recording.OUT_OF_MEMORY,
            "the statement ran out of memory and was killed",
        )
    if name == "SIGKILL":
        text = "the statement's process was killed (SIGKILL); the usual cause is too little memory"
        return Phase.FAILED, "Killed", text
    if name:
        return Phase.FAILED, "Crashed", f"the statement's process crashed ({name})"
    text = f"the statement's process exited with code {code} before the statement was done"
    return Phase.FAILED, "Exited", text


def not_started(why: str) -> Ending:
    """Return the ending of a step whose child could not be started."""
    text = f"the statement's process can't be started: {why}"
    return Ending(phase=Phase.FAILED, reason="NotStarted", text=text, exit_code=1)


def output_failed(why: str) -> Ending:
    """Return the ending of a step that can't tell anybody how it ended."""
    return Ending(phase=Phase.FAILED, reason="OutputFailed", text=why, exit_code=_EXIT_NO_OUTPUT)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have no names
        return f"signal {number}"
