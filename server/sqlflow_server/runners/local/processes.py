"""One step's process: started, watched, ended, and told how it ended.

A step is alive while the lock of its frames file is held: the step inherits the locked file as its
standard output, so the lock goes with the last process that has it, however that ends. This holds
whoever started the step, so a new supervisor can watch a step that it did not start. Its process
id is written by the new process itself before it executes anything: a step that has no pid and no
lock has never run.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.wire.statuses import Phase
from sqlflow_server.runners.local import files

if TYPE_CHECKING:
    from pathlib import Path

    from sqlflow_server.runners.local.layout import Attempt, JobDirectory, JobSpec

STORAGE = "STORAGE"
"""Reason of a step that failed for want of room on the disk."""

LOST = "Lost"
"""Reason of a step whose process is gone without a word."""

_OUTPUT_FAILED = 74
"""Exit code of a step whose frames could not be written (EX_IOERR)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended."""

    phase: Phase
    reason: str = ""
    message: str = ""


class StepProcess:
    """A step that this process started."""

    def __init__(self, attempt: Attempt, child: subprocess.Popen[bytes]) -> None:
        self._attempt = attempt
        self._child = child

    def ended(self) -> bool:
        """Whether it is gone."""
        return self._child.poll() is not None

    def end(self, *, kill: bool) -> None:
        """Ask it to end, or kill it; what it started goes with it."""
        if not self.ended():
            _signal(self._child.pid, kill=kill)

    def outcome(self) -> Outcome:
        """Tell how it ended; only once it has."""
        code = self._child.returncode
        if code == _OUTPUT_FAILED:
            return Outcome(Phase.FAILED, STORAGE, "its output could not be written")
        return _own_words(self._attempt.end) or _from_code(code)


class AdoptedStep(StepProcess):
    """A step that another supervisor started; nobody can tell its exit code."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        # Kept open, so that the step can be told to be alive even without its directory.
        self._frames = os.open(attempt.frames, os.O_RDONLY | os.O_CLOEXEC)
        self._pid = 0

    def ended(self) -> bool:
        """Whether it is gone: whether its lock is free."""
        if not self._pid:
            self._pid = _number(read_text(self._attempt.pid))
        return files.lock(self._frames)

    def end(self, *, kill: bool) -> None:
        """Ask it to end, or kill it; what it started goes with it."""
        if not self.ended() and self._pid:
            _signal(self._pid, kill=kill)

    def outcome(self) -> Outcome:
        """Tell how it ended; only once it has."""
        return _own_words(self._attempt.end) or _from_code(None)


def _signal(pid: int, *, kill: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def read_text(path: Path) -> str:
    """Return a small file's text; empty if there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def has_run(attempt: Attempt) -> bool:
    """Whether the step was ever started."""
    return bool(read_text(attempt.pid)) or files.is_locked(attempt.frames)


def start(directory: JobDirectory, spec: JobSpec, number: int, attempt: Attempt) -> StepProcess:
    """Start the step at that position of ``spec.steps``."""
    step = spec.steps[number]
    attempt.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # -P: the caller's directory must not be searched for modules.
    command = [sys.executable, "-P", "-m", "sqlflow.step", str(directory.program), str(step.index)]
    environment = {
        **os.environ,
        "PYTHONSAFEPATH": "1",
        "SQLFLOW_DATA_SOURCE_FILE": str(directory.data_source),
        "SQLFLOW_TERMINATION_MESSAGE": str(attempt.end),
        "SQLFLOW_STEP_OUTPUT_LIMIT": str(spec.output_limit),
        "SQLFLOW_JOB": spec.id,
        "SQLFLOW_STEP": step.id,
    }
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    with contextlib.ExitStack() as stack:
        frames, pid, stderr = (
            stack.enter_context(os.fdopen(os.open(path, flags, 0o600), "wb", buffering=0))
            for path in (attempt.frames, attempt.pid, attempt.stderr)
        )
        files.lock(frames.fileno())
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=frames,
            stderr=stderr,
            cwd=spec.working_directory,
            env=environment,
            start_new_session=True,
            # Safe here: the supervisor has one thread.
            preexec_fn=lambda: pid.write(b"%d" % os.getpid()),  # noqa: PLW1509
        )
    return StepProcess(attempt, child)


def not_started(error: Exception) -> Outcome:
    """Return the outcome of a step whose process could not be started."""
    if isinstance(error, FileNotFoundError):
        return Outcome(Phase.FAILED, "NotStarted", f"no such directory: {error.filename}")
    if isinstance(error, OSError) and not files.is_storage(error):
        return Outcome(Phase.FAILED, "NotStarted", f"no process can be started: {error.strerror}")
    return Outcome(Phase.FAILED, STORAGE, "no process can be started: the disk is full")


def _own_words(path: Path) -> Outcome | None:
    try:
        value = json.loads(read_text(path))
        phase = Phase(value["phase"])
    except (ValueError, KeyError, TypeError):
        return None
    return Outcome(phase, str(value.get("reason", "")), str(value.get("message", "")))


def _from_code(code: int | None) -> Outcome:
    if code == 0:
        return Outcome(Phase.SUCCEEDED)
    if code is None:
        how = "its process is gone and left no word"
    elif code < 0:
        how = f"its process was killed by {signal.Signals(-code).name}"
    else:
        how = f"its process ended with exit code {code} and left no word"
    return Outcome(Phase.FAILED, LOST, how)
