"""A build ends with the command that started it, even where that is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devcluster.places import PROJECT

pytestmark = pytest.mark.node_flavour  # it takes root

# What a build may do: mount something, and start a process that leaves its session and parent.
BUILD = "mount -t tmpfs none {folder} && (setsid sleep {mark} &) && touch {ready} && sleep {mark}"
COMMAND = """
import sys
from devcluster import contained
contained.run(["sh", "-c", sys.argv[1]], what="building")
"""
ENOUGH = 20.0  # seconds, many times what it takes


def processes_with(text: str, file: str) -> list[str]:
    """Return the pids of all processes with this text in a file of /proc/PID."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            content = (process / file).read_bytes()
        except OSError:
            continue  # it has ended
        if text.encode() in content:
            found.append(process.name)
    return found


def wait_until(what: str, condition) -> None:
    deadline = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < deadline, f"not within {ENOUGH} s: {what}"
        time.sleep(0.02)


@pytest.fixture
def build(tmp_path):
    """A command in the middle of a build, with the mark of its processes and where it mounts."""
    folder, ready = tmp_path / "mounted", tmp_path / "ready"
    folder.mkdir()
    mark = f"100000.{time.monotonic_ns()}"
    script = BUILD.format(folder=folder, mark=mark, ready=ready)
    command = subprocess.Popen([sys.executable, "-c", COMMAND, script], cwd=PROJECT)
    try:
        wait_until("the build mounts", ready.exists)
        sleeps = f"sleep\0{mark}"
        wait_until("both sleep", lambda: len(processes_with(sleeps, "cmdline")) == 2)
        yield command, mark, str(folder)
    finally:
        command.kill()
        command.wait()
        for pid in processes_with(mark, "cmdline"):  # none, unless the test fails
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def test_a_mount_of_a_build_is_seen_by_the_build_alone(build):
    _, _, folder = build

    assert folder not in Path("/proc/self/mountinfo").read_text()
    assert processes_with(folder, "mountinfo") != []


def test_after_a_kill_no_process_and_no_mount_of_a_build_is_left(build):
    command, mark, folder = build

    command.kill()

    wait_until("no process is left", lambda: processes_with(mark, "cmdline") == [])
    wait_until("no mount is left", lambda: processes_with(folder, "mountinfo") == [])
