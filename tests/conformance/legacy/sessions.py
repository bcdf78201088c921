"""A server to be asked, and the client of 2020 that asks it, as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.legacy import client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCRIPT = """
import json, sys
from IPython.core import display as shown
import sqlflow
html = []
shown.display = lambda it: html.append(it.data)
result = error = None
try:
    result = sqlflow.Client({address!r}).execute(sys.stdin.read())
except Exception as fault:
    error = [fault.code().name, fault.details()]
tables = [] if result is None else [result.get(i) for i in range(result.length())]
tables = [[it.column_names(), [[repr(c) for c in row] for row in it.rows()]] for it in tables]
json.dump([tables, html, error], open({answer!r}, "w"))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy:
    """A server under test.

    Attributes:
        address: of the server.
        database: returns a data source, as a client of 2020 names it, where no table is.
        link: what the address of a job in its first line matches.
    """

    address: str
    database: Callable[[], str]
    link: str


class Session:
    """What a program said to the client: tables, lines, HTML, an error."""

    def __init__(self, commands: Path, legacy: Legacy, folder: Path) -> None:
        self._python, self._legacy, self._answer = commands / "python", legacy, folder / "answer"
        self.tables: list[Any] = []
        self.html: list[str] = []
        self.error: list[str] | None = None
        self.lines: list[str] = []

    def execute(self, program: str, **environment: str) -> Session:
        """Have the client execute a program."""
        script = SCRIPT.format(address=self._legacy.address, answer=str(self._answer))
        done = subprocess.run(
            [self._python, "-I", "-c", script],
            input=program, capture_output=True, text=True, check=False,
            env=environment_of(self._legacy) | environment,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.tables, self.html, self.error = json.loads(self._answer.read_text())
        self.lines = done.stdout.splitlines()
        return self


def environment_of(legacy: Legacy) -> dict[str, str]:
    """Return the environment of a client of a server, with a data source of its own."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH" and "SQLFLOW" not in k}
    return kept | {"SQLFLOW_SERVER": legacy.address, "SQLFLOW_DATASOURCE": legacy.database()}


@pytest.fixture(scope="module")
def commands() -> Path:
    """The folder of the client's commands."""
    return client.environment()


@pytest.fixture
def session(commands: Path, legacy: Legacy, tmp_path: Path) -> Session:
    """A session in which nothing was executed yet."""
    return Session(commands, legacy, tmp_path)
