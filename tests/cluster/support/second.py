"""A cluster of a test's own, beside the running one: started, interrupted, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from devcluster.node import cgroups
from devcluster.node.client import Node
from devcluster.places import PROJECT, Places
from tests import leftovers
from tests.cluster.support import machine
from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UP: Final = 200.0  # seconds, with all that is built in the cache
ENDING: Final = 10.0  # seconds for what was killed to be gone


@dataclass(frozen=True, slots=True)
class Second:
    """A cluster with folders and ports of its own; what is expensive to make it shares.

    Attributes:
        run: marks its processes, as in ``tests/leftovers.py``, apart from those of other tests.
        seen: its processes at the times when :meth:`look` looked, and their starting times.
    """

    places: Places
    environment: dict[str, str]
    run: str
    seen: dict[int, str] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path) -> Second:
        run = uuid.uuid4().hex
        environment = {
            **os.environ,
            leftovers.VARIABLE: run,
            "SQLFLOW_DEVCLUSTER_FLAVOUR": "node",
            "SQLFLOW_DEVCLUSTER_STATE": str(folder),
            "SQLFLOW_DEVCLUSTER_API_PORT": str(free_port()),
            "SQLFLOW_DEVCLUSTER_REGISTRY_PORT": str(free_port()),
        }
        return cls(Places.from_environment(environment), environment, run)

    def do(self, *arguments: str) -> str:
        """Run a command of devcluster, which must succeed; return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "devcluster", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=UP,
        )
        if done.returncode:
            pytest.fail(
                f"devcluster {arguments} failed:\n{done.stdout}{done.stderr}", pytrace=False
            )
        self.look()
        return done.stdout

    def kill_up_when(self, reached: Callable[[str], bool]) -> None:
        """Start ``up`` and end it by SIGKILL at a point.

        Args:
            reached: is given all that ``up`` has told so far, again and again.
        """
        output = self.places.state.with_suffix(".up")
        with output.open("wb") as told:
            up = subprocess.Popen(
                [sys.executable, "-m", "devcluster", "up"],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=told,
            )
        try:
            deadline = time.monotonic() + UP
            while not reached(output.read_text("utf-8")):
                if up.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"it was not reached:\n{output.read_text('utf-8')}", pytrace=False)
                time.sleep(0.02)
            self.look()
        finally:
            up.kill()
            up.wait()

    def kill_first_process(self) -> None:
        node = Node.find(self.places)
        assert node
        self.look()
        os.kill(node.pid, signal.SIGKILL)

    def look(self) -> None:
        """Remember which processes the cluster consists of now."""
        if node := Node.find(self.places):
            self.seen.update(machine.descendants(node.pid))

    def is_booting(self) -> bool:
        """Tell whether the node's first process is there, and listens or is about to."""
        return (self.places.run / "init.sock").exists()

    def has_containers(self) -> bool:
        """Tell whether pods run: each container has a cgroup in that of its pod."""
        found = cgroups.find(self.places.name)
        return any(folder.parent.name.startswith("pod") for folder in found)

    def left(self) -> list[str]:
        """Return, in words, the processes and files that are left of it after ``down``."""
        deadline = time.monotonic() + ENDING
        while (found := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        kept = {"containerd", "logs", "lock"}
        return found + [
            f"file: {it.name}" for it in self.places.state.iterdir() if it.name not in kept
        ]

    def _processes(self) -> list[str]:
        found = {
            **leftovers.find(self.run),
            **machine.processes_naming(str(self.places.state)),
            **dict.fromkeys(machine.still_there(self.seen), "was seen in the node"),
        }
        return [f"process {pid}: {command}" for pid, command in found.items()]

    def end(self) -> None:
        """Take the cluster away, however the test ended."""
        with contextlib.suppress(pytest.fail.Exception):
            self.do("down")
        leftovers.end(self.run)
