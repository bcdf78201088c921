"""The parent's course: ``begin``, what the child prints, ``error`` if it told none, ``end``."""

# ruff: noqa: PTH123 - the parent starts without pathlib

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING

from sqlflow.step import cgroups, endings, following, printing
from sqlflow.wire.statuses import Event, Phase, Status

if TYPE_CHECKING:
    from sqlflow.step.cancelling import Canceller
    from sqlflow.step.launching import Child

_STDOUT, _STDERR = 1, 2


def begin(program_file: str, index: str) -> Status:
    """Return the first status. What is wrong with the program, the child will say."""
    details = {"statement": "", "kind": ""}
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        with open(program_file, "rb") as file:
            program = json.load(file)
        statement = {s["index"]: s for s in program["statements"]}[int(index)]
        details = {"statement": statement["id"], "kind": statement["kind"]}
    return Status(Event.BEGIN, "", details)


def supervise(
    child: Child | OSError,
    canceller: Canceller,
    *,
    first: Status,
    limit: int,
    started: float,
) -> int:
    """Print what a step does until it ends; return the exit code.

    Args:
        child: that executes the statement, or why there is none.
        canceller: ends it.
        first: the status to begin with.
        limit: of the output, in bytes; 0 for none.
        started: when, by the monotonic clock.
    """
    printer = printing.Printer(_STDOUT, limit)
    try:
        printer.status(first.to_json(), last=True)
        printer.flush()
        if isinstance(child, OSError):
            ending, told = endings.not_started(str(child.strerror)), False
        else:
            ending, told = _follow(child, canceller, printer)
        elapsed = time.monotonic() - started
        if ending.phase is not Phase.SUCCEEDED and not told:
            printer.status(ending.error().to_json(), last=True)
        printer.status(ending.end(elapsed).to_json(), last=True)
        printer.flush()
    except printing.OutputError as error:
        canceller.kill()
        ending, elapsed = endings.output_failed(str(error)), time.monotonic() - started
        with contextlib.suppress(OSError):
            os.write(_STDERR, f"{error}\n".encode())
    _leave_message(ending.termination_message(elapsed))
    return ending.parent_exit_code


def _follow(
    child: Child, canceller: Canceller, printer: printing.Printer
) -> tuple[endings.Ending, bool]:
    follower = following.Follower(child, canceller, printer)
    killed_before = cgroups.oom_kills()
    wait_status = follower.follow()
    ending = endings.judge(
        wait_status,
        done=follower.done,
        error=follower.error,
        cancelled=canceller.cancelled,
        oom_kills=cgroups.oom_kills() - killed_before,
    )
    return ending, follower.error is not None and ending.phase is Phase.FAILED


def _leave_message(message: bytes) -> None:
    path = os.environ.get("SQLFLOW_TERMINATION_MESSAGE")
    if path:
        with contextlib.suppress(OSError), open(path, "wb") as file:
            file.write(message)
