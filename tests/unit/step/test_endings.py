from __future__ import annotations

import json
import signal

import pytest

from sqlflow.step import endings
from sqlflow.step.endings import Ending, judge
from sqlflow.wire.statuses import Event, Phase, Status

REFUSED = Status(Event.ERROR, "no such table", {"reason": "STATEMENT_FAILED"})


def exited(code: int) -> int:
    return code << 8


def judged(
    wait_status: int,
    *,
    done: bool = False,
    error: Status | None = None,
    cancelled: bool = False,
    oom_kills: int = 0,
) -> tuple[Phase, str, str]:
    ending = judge(wait_status, done=done, error=error, cancelled=cancelled, oom_kills=oom_kills)
    return ending.phase, ending.reason, ending.text


def test_memory_is_named_as_the_cause_when_the_kernel_says_so():
    assert judged(signal.SIGKILL, oom_kills=1) == (
        Phase.FAILED,
        "OutOfMemory",
        "the statement ran out of memory and was killed",
    )


def test_a_kill_without_such_a_sign_says_what_is_usual():
    assert judged(signal.SIGKILL)[:2] == (Phase.FAILED, "Killed")


def test_the_error_that_was_told_is_the_cause_whatever_followed():
    expected = (Phase.FAILED, "STATEMENT_FAILED", "no such table")
    assert judged(exited(1), error=REFUSED) == expected
    assert judged(signal.SIGSEGV, error=REFUSED) == expected


@pytest.mark.parametrize("wait_status", [exited(0), exited(1), int(signal.SIGKILL)])
def test_a_statement_that_was_executed_stays_so(wait_status):
    assert judged(wait_status, done=True, cancelled=True) == (Phase.SUCCEEDED, "", "")


def test_whoever_asked_for_the_end_is_told_that_it_was_cancelled():
    ended = judged(exited(1), error=REFUSED, cancelled=True)
    assert ended == (Phase.CANCELLED, "Cancelled", "the statement was cancelled")


def test_a_signal_without_a_name_is_told_by_its_number():
    assert judged(signal.SIGRTMIN + 3) == (
        Phase.FAILED,
        "Crashed",
        f"the statement's process crashed (signal {signal.SIGRTMIN + 3})",
    )


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending(phase=Phase.SUCCEEDED), 0),
        (Ending(phase=Phase.FAILED, reason="Exited", exit_code=3), 1),
        (Ending(phase=Phase.CANCELLED, reason="Cancelled", exit_code=143), 143),
        (endings.not_started("no memory"), 1),
        (endings.output_failed("no space"), 74),
    ],
)
def test_the_exit_code_tells_the_phase(ending, code):
    assert ending.parent_exit_code == code


def test_the_end_is_a_status_for_machines_and_people():
    ending = judge(signal.SIGSEGV, done=False, error=None, cancelled=False, oom_kills=0)
    assert ending.end(1.23456) == Status(
        Event.END,
        "the statement's process crashed (SIGSEGV)",
        {
            "phase": "Failed",
            "reason": "Crashed",
            "exit_code": 139,
            "signal": "SIGSEGV",
            "elapsed": 1.235,
        },
    )


@pytest.mark.parametrize("character", ["x", "花", "\x00", '"', "\ud800"])
def test_the_termination_message_fits_whatever_was_said(character):
    ending = Ending(phase=Phase.FAILED, reason="X", text=character * 5000)
    message = ending.termination_message(1.0)
    assert len(message) <= 4096
    assert json.loads(message)["reason"] == "X"
    assert len(json.loads(message)["message"]) > 300
