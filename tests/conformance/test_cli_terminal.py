"""The command on a terminal: the list of statements, and the question that Ctrl-C asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pexpect  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.conformance.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.server_processes import Gate, ServerProcess

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


@pytest.fixture
def shell(tmp_path: Path, server: ServerProcess) -> Shell:
    return Shell(tmp_path, server.address)


def finish(command: Any) -> tuple[int, str]:
    """Read to the end; return the exit code and what was written, without control codes."""
    command.expect(pexpect.EOF)
    command.close()
    return command.exitstatus, CONTROL.sub("", command.before)


def test_the_output_and_then_the_list_are_left_on_the_screen(shell: Shell) -> None:
    command = shell.on_terminal("run", "-e", "CREATE TABLE t AS SELECT 1; SELECT 7 AS seven")
    code, text = finish(command)
    assert code == 0
    assert "seven\n─────\n    7\n" in text
    assert re.search(r"✓ 1 CREATE TABLE t AS SELECT 1 +[\d.]+ s\n", text)
    assert re.search(r"job \S+ · 2 of 2 done · [\d.]+ s · succeeded\n", text)


def test_the_list_shows_what_runs_while_it_runs(shell: Shell, gate: Gate) -> None:
    command = shell.on_terminal("run", "--sequential", "-e", f"SELECT 1; {gate.select()}")
    command.expect("1 of 2 done")
    command.expect("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]")  # the spinner turns
    command.expect("Ctrl-C: detach, cancel")
    gate.open()
    code, text = finish(command)
    assert code == 0
    assert "42" in text
    assert "\x1b[?25h" in command.before  # the cursor is there again


def interrupted(shell: Shell, gate: Gate) -> Any:
    """Run a statement that waits at the gate, and press Ctrl-C."""
    command = shell.on_terminal("run", "-e", gate.select())
    gate.wait()
    command.sendintr()
    return command


def test_ctrl_c_asks_and_c_cancels(shell: Shell, gate: Gate) -> None:
    command = interrupted(shell, gate)
    command.expect(re.escape("[d]etach (the job goes on), [c]ancel it"))
    command.sendline("c")
    code, text = finish(command)
    assert code == 130
    assert "cancelling the job" in text
    assert "■ 1 SELECT x FROM" in text


def test_a_second_ctrl_c_cancels(shell: Shell, gate: Gate) -> None:
    command = interrupted(shell, gate)
    command.expect(re.escape("go on watching [Enter]? "))
    command.sendintr()
    code, text = finish(command)
    assert code == 130
    assert "cancelling the job" in text


def test_d_detaches_and_attach_comes_back_without_a_server(tmp_path: Path, gate: Gate) -> None:
    shell = Shell(tmp_path)
    command = interrupted(shell, gate)
    command.expect(re.escape("[d]etach"))
    command.sendline("d")
    code, text = finish(command)
    assert code == 130
    (job,) = re.findall(r"come back to it with: sqlflow attach (\S+)", text)

    gate.open()
    again, text = finish(shell.on_terminal("attach", job))
    assert again == 0
    assert "42" in text


def test_enter_goes_on(shell: Shell, gate: Gate) -> None:
    command = interrupted(shell, gate)
    command.expect(re.escape("[Enter]? "))
    command.sendline("")
    gate.open()
    code, text = finish(command)
    assert code == 0
    assert "42" in text


def test_a_failure_is_told_once_and_marked(shell: Shell) -> None:
    program = "CREATE TABLE t AS SELECT * FROM nowhere; SELECT * FROM t"
    code, text = finish(shell.on_terminal("run", "-e", program))
    assert code == 1
    assert text.count("Table with name nowhere does not exist") == 1
    assert "✗ 1 CREATE TABLE t AS SELECT * FROM nowhere" in text
    assert re.search(r"- 2 SELECT \* FROM t +skipped", text)


def test_a_wide_table_says_what_it_leaves_out(shell: Shell) -> None:
    columns = ", ".join(f"'{'x' * 30}' AS a_long_name_{n}" for n in range(9))
    _, text = finish(shell.on_terminal("run", "-e", f"SELECT {columns}"))
    assert "7 columns not shown (--output csv has all)" in text


def test_a_server_logs_for_people(tmp_path: Path) -> None:
    shell = Shell(tmp_path, "")
    command = shell.on_terminal("serve", "--listen", "127.0.0.1:0")
    command.expect("clients find it by SQLFLOW_SERVER=")
    command.sendintr()
    _, text = finish(command)
    assert re.search(r"\[info +\] stopped", text)
    assert '"event"' not in text
