"""Every way in which a step can end, told by its last frames, its exit code and its message."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Event
from tests.conformance.step_processes import Outcome, Step, alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


def told(outcome: Outcome) -> tuple[str, str, str]:
    """Return phase and reason of the end, and the text of the error, which the end repeats."""
    end = outcome.ending()
    error = outcome.status(Event.ERROR)
    assert error.details["reason"] == end["reason"]
    assert outcome.status(Event.END).text == error.text
    return end["phase"], end["reason"], error.text


def test_a_statement_that_was_executed_has_succeeded(step):
    step.sql("CREATE TABLE t AS SELECT 42 AS answer")
    outcome = step.run()
    assert outcome.exit_code == 0
    assert [s.event for s in outcome.statuses()] == [Event.BEGIN, Event.MESSAGE, Event.END]
    end = dict(outcome.ending())
    assert 0 < end.pop("elapsed") < 30
    assert end == {"phase": "Succeeded", "exit_code": 0}


def test_an_error_of_the_database_is_told_in_its_own_words(step):
    step.sql("SELECT * FROM nowhere")
    outcome = step.run()
    phase, reason, text = told(outcome)
    assert (phase, reason) == ("Failed", "STATEMENT_FAILED")
    assert "Table with name nowhere does not exist" in text
    assert outcome.text(Stream.STDERR) == []
    assert outcome.exit_code == 1


def test_an_error_names_the_place_of_its_statement(step):
    step.sql("SELECT nothing")
    assert step.run().status(Event.ERROR).details == {
        "reason": "STATEMENT_FAILED",
        "line": 1,
        "column": 1,
    }


def test_an_unexpected_exception_is_told_with_its_traceback(step):
    step.code("raise KeyError('petal')")
    outcome = step.run()
    assert told(outcome) == ("Failed", "INTERNAL", "KeyError: 'petal'")
    trace = outcome.text(Stream.STDERR)
    assert trace[0] == "Traceback (most recent call last):"
    assert "in execute" in trace[-3]
    assert trace[-1] == "KeyError: 'petal'"
    assert outcome.ending()["exit_code"] == 1


def test_sys_exit_is_not_a_success(step):
    step.code("sys.exit(0)")
    outcome = step.run()
    assert told(outcome) == ("Failed", "INTERNAL", "SystemExit: 0")
    assert outcome.exit_code == 1


@pytest.mark.parametrize("code", [3, 0])
def test_a_process_that_exits_by_itself_is_not_done(step, code):
    step.code(f"print('last words'); os._exit({code})")
    outcome = step.run()
    assert told(outcome) == (
        "Failed",
        "Exited",
        f"the statement's process exited with code {code} before the statement was done",
    )
    assert outcome.ending()["exit_code"] == code
    assert outcome.text(Stream.STDOUT) == ["last words"]
    assert outcome.exit_code == 1


def test_a_killed_process_points_to_memory(step):
    step.code("os.kill(os.getpid(), signal.SIGKILL)")
    outcome = step.run()
    assert told(outcome) == (
        "Failed",
        "Killed",
        "the statement's process was killed (SIGKILL); the usual cause is too little memory",
    )
    assert (outcome.ending()["signal"], outcome.ending()["exit_code"]) == ("SIGKILL", 137)


def test_a_crash_is_told_by_the_name_of_its_signal(step):
    step.code(
        """
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        ctypes.string_at(0)
        """
    )
    outcome = step.run()
    assert told(outcome) == ("Failed", "Crashed", "the statement's process crashed (SIGSEGV)")
    assert (outcome.ending()["signal"], outcome.ending()["exit_code"]) == ("SIGSEGV", 139)


def test_python_out_of_memory_is_told(step):
    step.code("bytearray(1 << 60)")
    assert told(step.run()) == ("Failed", "OutOfMemory", "the statement ran out of memory")


def test_a_full_disk_of_the_statement_is_told(step):
    step.code("open('/dev/full', 'w').write('x' * 100_000)")
    outcome = step.run()
    assert told(outcome) == ("Failed", "STORAGE", "the disk is full")
    assert outcome.text(Stream.STDERR) == []


def test_an_exception_is_told_even_where_standard_error_was_closed(step):
    step.code("sys.stderr.close(); sys.stderr = None; raise ValueError('x')")
    outcome = step.run()
    assert told(outcome) == ("Failed", "INTERNAL", "ValueError: x")
    assert outcome.text(Stream.STDERR)[-1] == "ValueError: x"


def test_a_crash_after_the_statement_was_done_changes_nothing(step):
    step.code("import atexit; atexit.register(os.kill, os.getpid(), signal.SIGKILL)")
    outcome = step.run()
    assert outcome.ending()["phase"] == "Succeeded"
    assert outcome.exit_code == 0


def test_a_thread_that_a_library_left_behind_does_not_hold_the_step(step):
    step.code("import threading; threading.Thread(target=time.sleep, args=(60,)).start()")
    outcome = step.run()
    assert outcome.ending()["phase"] == "Succeeded"
    assert outcome.ending()["elapsed"] < 30


def test_what_libraries_do_at_the_end_is_done_and_seen(step):
    step.code("import atexit; atexit.register(print, 'tidied up')")
    assert step.run().text(Stream.STDOUT) == ["tidied up"]


def test_a_program_that_is_none_is_told(step):
    (step.folder / "program.json").write_text("{}", encoding="utf-8")
    assert told(step.run()) == (
        "Failed",
        "INTERNAL",
        "the planned program can't be read: expected a program of version 1, found None",
    )


def test_a_statement_that_is_not_there_is_told(step):
    step.sql("SELECT 1")
    step.index = 2
    text = "the program has 1 statements, there is no statement 2"
    assert told(step.run()) == ("Failed", "INTERNAL", text)


def test_a_child_that_can_not_be_started_is_told(step):
    step.sql("SELECT 1")
    step.customize("import sys; sys.executable = '/nonexistent/python'")
    assert told(step.run()) == (
        "Failed",
        "NotStarted",
        "the statement's process can't be started: No such file or directory",
    )


def test_sigterm_cancels(step):
    step.code("print('working'); wait_for('never')")
    running = step.start()
    running.read_until(lambda frame: frame.text == "working")
    running.signal(signal.SIGTERM)
    outcome = running.finish()
    assert told(outcome) == ("Cancelled", "Cancelled", "the statement was cancelled")
    assert outcome.exit_code == 143
    assert outcome.ending()["signal"] == "SIGTERM"


def test_a_statement_that_ignores_sigterm_is_killed_within_two_seconds(step):
    step.code("signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); wait_for('never')")
    running = step.start()
    running.read_until(lambda frame: frame.text == "deaf")
    running.signal(signal.SIGTERM)
    started = time.monotonic()
    outcome = running.finish()
    assert time.monotonic() - started < 2
    assert outcome.ending()["phase"] == "Cancelled"
    assert outcome.ending()["signal"] == "SIGKILL"


def test_a_reader_who_does_not_read_can_not_keep_a_cancelled_statement_alive(step):
    step.code(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path("pid").write_text(str(os.getpid()))
        while True:
            print("x" * 1000)
        """
    )
    running = step.start()
    running.read_until(lambda frame: frame.text.startswith("xxx"))
    running.signal(signal.SIGTERM)
    pid = int((step.folder / "pid").read_text())
    wait_until(lambda: not alive(pid))
    assert running.finish().ending()["phase"] == "Cancelled"


def test_processes_that_the_statement_left_behind_end_with_it(step):
    step.code(
        """
        left = subprocess.Popen(["sleep", "60"])
        Path("pid").write_text(str(left.pid))
        subprocess.Popen(["sh", "-c", "sleep 0.1; echo afterwards"])
        """
    )
    started = time.monotonic()
    outcome = step.run()
    assert time.monotonic() - started < 20
    assert outcome.ending()["phase"] == "Succeeded"
    assert outcome.text(Stream.STDOUT) == ["afterwards"]
    pid = int((step.folder / "pid").read_text())
    wait_until(lambda: not alive(pid))


def test_the_child_dies_with_its_parent_even_while_it_holds_the_interpreter(step):
    step.code(
        """
        left = subprocess.Popen(["sleep", "60"])
        print(os.getpid(), left.pid)
        ctypes.PyDLL(None).sleep(60)
        """
    )
    running = step.start()
    pids = running.read_until(lambda frame: frame.stream is Stream.STDOUT).text.split()
    running.signal(signal.SIGKILL)
    wait_until(lambda: not any(alive(int(pid)) for pid in pids))
    assert running.finish().exit_code == -signal.SIGKILL


def assert_output_failed(step: Step, running, why: str) -> None:
    outcome = running.finish()
    text = f"the step's output can't be written: {why}"
    assert outcome.exit_code == 74
    assert outcome.stderr == text + "\n"
    message = json.loads((step.folder / "termination").read_bytes())
    assert (message["phase"], message["reason"]) == ("Failed", "OutputFailed")
    assert message["message"] == text


def test_a_full_disk_ends_the_step(step):
    step.code("wait_for('never')")
    full = os.open("/dev/full", os.O_WRONLY)
    running = step.start(stdout=full)
    os.close(full)
    assert_output_failed(step, running, "No space left on device")


def test_a_reader_who_goes_away_ends_the_step(step):
    step.code(
        """
        Path("pid").write_text(str(os.getpid()))
        print("x")
        wait_for("go")
        print("y")
        wait_for("never")
        """
    )
    running = step.start()
    running.read_until(lambda frame: frame.text == "x")
    running.process.stdout.close()
    running.process.stdout = None
    running.touch("go")
    assert_output_failed(step, running, "Broken pipe")
    pid = int((step.folder / "pid").read_text())
    wait_until(lambda: not alive(pid))


def test_wrong_arguments_are_refused(step):
    outcome = subprocess.run(
        [*step.command, "too", "many", "arguments"], capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 64
    assert outcome.stderr == "usage: python -m sqlflow.step PROGRAM_FILE INDEX\n"
