"""What docs/clients.md shows works as it says."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from sqlflow_cli import main

from tests.conformance.commands import Shell

if TYPE_CHECKING:
    import pytest

    from tests.conformance.server_processes import ServerProcess

TEXT = (Path(__file__).parent.parent.parent / "docs/clients.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_python_snippets_run_one_after_the_other(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQLFLOW_SERVER", server.address)
    names: dict[str, Any] = {}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for block in blocks("python"):
            exec(compile(block, "docs/clients.md", "exec"), names)
    said = out.getvalue().splitlines()
    assert said[0] == "[(1, 'a')]"
    assert said[2:4] == ["5000 rows affected", "Succeeded 5000"]
    assert said[4].startswith("SUCCEEDED ['CREATE OR REPLACE TABLE numbers AS")
    assert said[6].startswith("1 26 expected one of TRAIN, PREDICT")
    assert said[-1] == "[(2,)]"


def test_the_commands_write_what_is_shown(server: ServerProcess, tmp_path: Path) -> None:
    shell = Shell(tmp_path, server.address)
    for block in blocks("console"):
        command, shown = block.removeprefix("$ sqlflow ").split("\n", 1)
        done = shell.run(*shlex.split(command))
        assert (done.code, done.out) == (0, shown)


def test_every_option_and_command_is_described() -> None:
    group = typer.main.get_command(main.app)
    commands = group.commands  # type: ignore[attr-defined]  # a group has them
    for name, command in commands.items():
        assert f"sqlflow {name}" in TEXT
        options = [p.opts for p in command.params if p.opts[0].startswith("-")]
        if name != "serve":  # docs/server.md has its settings
            assert [names for names in options if not any(n in TEXT for n in names)] == []
