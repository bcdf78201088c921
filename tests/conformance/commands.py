"""The ``sqlflow`` command as a shell starts it: with pipes, or on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pexpect  # type: ignore[import-untyped]  # it ships no types

from tests.conformance.server_processes import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "sqlflow_cli"]


@dataclass
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Starts commands in a folder of their own, with a state directory of their own."""

    folder: Path
    server: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {"SQLFLOW_STATE_DIRECTORY": str(self.folder / "state"), "COLUMNS": "80"}
        if self.server:
            own["SQLFLOW_SERVER"] = self.server
        inherited = {k: v for k, v in os.environ.items() if k != "SQLFLOW_SERVER"}
        return inherited | own | self.variables

    def run(self, *arguments: str, text: str = "") -> Done:
        """Run a command to its end."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=text,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment,
            timeout=3 * PATIENCE,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command with pipes."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )

    def on_terminal(self, *arguments: str) -> Any:
        """Start a command on a terminal of 80 by 24."""
        return pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            cwd=str(self.folder),
            env=self.environment | {"TERM": "xterm-256color"},
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=PATIENCE,
        )
