"""The client that docs/protocol.md shows is complete and works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conformance.server_processes import ServerProcess

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"


@pytest.fixture
def loop(tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    path = tmp_path / "loop.py"
    path.write_text(code)
    return path


def follow(loop: Path, server: ServerProcess, program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(loop), server.address, program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_loop_shows_all_that_a_job_says(loop, server):
    done = follow(loop, server, "CREATE TABLE t AS SELECT 42 AS x; SELECT x FROM t;")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "[1] begin "
    assert '[2] {"columns": [{"name": "x", "type": "int64"}]}' in lines
    assert "[2] [[42]]" in lines
    assert lines[-1] == "[0] end "


def test_the_loop_joins_a_record_that_came_in_pieces(loop, server):
    done = follow(loop, server, "SELECT repeat('x', 100000) AS long")
    assert f'[1] [["{"x" * 100_000}"]]' in done.stdout.splitlines()


def test_the_loop_fails_when_the_job_does(loop, server):
    done = follow(loop, server, "SELECT * FROM nothing_of_that_name")
    assert done.returncode == 1
    assert "nothing_of_that_name" in done.stdout
