from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from sqlflow_server.runners.local import files, guarding
from sqlflow_server.runners.local.guarding import Guard
from structlog.testing import capture_logs

from tests.unit.server.jobs import made


class Starts:
    """Stands in for supervisors: processes that end at once, counted."""

    def __init__(self):
        self.count = 0

    def __call__(self, directory):
        self.count += 1
        process = subprocess.Popen([sys.executable, "-I", "-c", ""])
        process.wait()
        return process


@pytest.fixture
def starts(monkeypatch):
    starts = Starts()
    monkeypatch.setattr(guarding, "_start", starts)
    return starts


def test_a_job_without_a_supervisor_gets_one(tmp_path, starts):
    Guard().look_after("j1", made(tmp_path))

    assert starts.count == 1


def test_a_job_whose_supervisor_lives_gets_no_other(tmp_path, starts):
    directory = made(tmp_path)
    with directory.lock.open("w") as file:
        assert files.lock(file.fileno())
        Guard().look_after("j1", directory)

    assert starts.count == 0


def test_a_supervisor_that_dies_again_and_again_is_replaced_more_and_more_seldom(
    tmp_path, starts, monkeypatch
):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    guard, directory, times = Guard(), made(tmp_path), []
    while now[0] < 110:
        before = starts.count
        guard.look_after("j1", directory)
        if starts.count > before:
            times.append(now[0] - 100)
        now[0] += 0.25

    assert times == [0.0, 0.5, 1.5, 3.5, 7.5]


def test_a_supervisor_that_ended_is_forgotten_after_its_pause(tmp_path, starts, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    guard = Guard()
    guard.look_after("j1", made(tmp_path))

    guard.reap()
    assert list(guard._children) == ["j1"]
    now[0] += 1
    guard.reap()
    assert list(guard._children) == []


def test_a_supervisor_that_can_not_be_started_is_logged_and_tried_again(
    tmp_path, starts, monkeypatch
):
    guard, directory = Guard(), made(tmp_path)

    def fail(directory):
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(guarding, "_start", fail)
        guard.look_after("j1", directory)
    guard.look_after("j1", directory)

    assert [log["event"] for log in logs] == ["no supervisor can be started"]
    assert starts.count == 1


def test_a_supervisor_does_not_learn_the_servers_default_data_source(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLFLOW_DATA_SOURCE", "mysql://u:hunter2@h/d")
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nenv\n")
    fake.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(fake))
    directory = made(tmp_path)

    guarding._start(directory).wait()

    assert "PATH=" in directory.log.read_text()
    assert "hunter2" not in directory.log.read_text()


def test_a_released_supervisor_lives_on_and_is_no_zombie_in_the_end(tmp_path, monkeypatch):
    process = subprocess.Popen(["sleep", "60"])
    monkeypatch.setattr(guarding, "_start", lambda _directory: process)
    guard = Guard()
    guard.look_after("j1", made(tmp_path))

    guard.release()

    assert process.poll() is None
    process.kill()
    deadline = time.monotonic() + 10
    while process.returncode is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert process.returncode == -signal.SIGKILL
