from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlflow_server.runners.local import files, processes
from sqlflow_server.runners.local.processes import AdoptedStep, Outcome, StepProcess

from sqlflow.wire.statuses import Phase
from tests.unit.server.jobs import made, spec_of


@pytest.fixture
def attempt(tmp_path):
    attempt = made(tmp_path).attempt("s01-select", 1)
    attempt.folder.mkdir(parents=True)
    return attempt


def ended(attempt, code):
    """A step whose process ended with some Python code."""
    child = subprocess.Popen([sys.executable, "-I", "-c", code])
    child.wait()
    return StepProcess(attempt, child)


@pytest.mark.parametrize(
    ("code", "words", "outcome"),
    [
        ("", "", Outcome(Phase.SUCCEEDED)),
        (
            "raise SystemExit(1)",
            '{"phase": "Failed", "reason": "MODEL", "message": "no model"}',
            Outcome(Phase.FAILED, "MODEL", "no model"),
        ),
        ("raise SystemExit(143)", '{"phase": "Cancelled"}', Outcome(Phase.CANCELLED)),
        (
            "raise SystemExit(74)",
            "",
            Outcome(Phase.FAILED, "STORAGE", "its output could not be written"),
        ),
        (
            "raise SystemExit(3)",
            '{"phase": "Fail',
            Outcome(Phase.FAILED, "Lost", "its process ended with exit code 3 and left no word"),
        ),
        (
            "import os; os.kill(os.getpid(), 9)",
            "",
            Outcome(Phase.FAILED, "Lost", "its process was killed by SIGKILL"),
        ),
    ],
)
def test_how_a_step_ended_is_told_by_its_words_or_its_exit_code(attempt, code, words, outcome):
    if words:
        attempt.end.write_text(words)
    step = ended(attempt, code)

    assert step.ended()
    assert step.outcome() == outcome


def test_a_step_that_was_found_lives_as_long_as_its_lock(attempt):
    descriptor = os.open(attempt.frames, os.O_CREAT | os.O_WRONLY)
    assert files.lock(descriptor)
    step = AdoptedStep(attempt)

    assert not step.ended()
    assert processes.has_run(attempt)
    os.close(descriptor)
    assert step.ended()
    assert step.outcome().reason == "Lost"


def test_a_step_that_has_neither_lock_nor_pid_has_never_run(attempt):
    attempt.frames.touch()
    attempt.pid.touch()

    assert not processes.has_run(attempt)
    attempt.pid.write_text("123")
    assert processes.has_run(attempt)


def test_a_step_inherits_the_lock_and_writes_its_pid_before_it_executes(tmp_path, monkeypatch):
    directory = made(tmp_path)
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\nread line < "$SQLFLOW_TERMINATION_MESSAGE.gate"\n')
    fake.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(fake))
    attempt = directory.attempt("s1", 1)
    attempt.folder.mkdir(parents=True)
    gate = attempt.end.with_name("1.end.gate")
    os.mkfifo(gate)

    step = processes.start(directory, spec_of(()), 0, attempt)

    assert files.is_locked(attempt.frames)
    assert int(attempt.pid.read_text()) == step._child.pid
    assert os.getsid(step._child.pid) == step._child.pid
    gate.write_text("go\n")
    step._child.wait()
    assert not files.is_locked(attempt.frames)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            FileNotFoundError(2, "No such file", "/gone"),
            Outcome(Phase.FAILED, "NotStarted", "no such directory: /gone"),
        ),
        (
            OSError(11, "Resource temporarily unavailable"),
            Outcome(
                Phase.FAILED,
                "NotStarted",
                "no process can be started: Resource temporarily unavailable",
            ),
        ),
        (
            OSError(28, "No space left on device"),
            Outcome(Phase.FAILED, "STORAGE", "no process can be started: the disk is full"),
        ),
    ],
)
def test_a_step_that_can_not_be_started_says_why(error, outcome):
    assert processes.not_started(error) == outcome


def test_the_supervisor_imports_the_standard_library_and_little_else():
    code = (
        "import sys, sqlflow_server.runners.local.supervisor;"
        "print(*sorted({m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = {n for n in out.stdout.split() if not n.startswith("_")}
    assert loaded <= {"sqlflow", "sqlflow_server", "sitecustomize"}, loaded
