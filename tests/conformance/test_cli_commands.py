"""The command, with pipes: what it writes where, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conformance.commands import COMMAND, Shell
from tests.conformance.server_processes import PATIENCE, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.server_processes import Gate, ServerProcess

TABLE = "SELECT * FROM (VALUES (1, 'a', 1.50::DECIMAL(9,2)), (2, NULL, NULL)) t(n, s, d) ORDER BY n"


@pytest.fixture
def shell(tmp_path: Path, server: ServerProcess) -> Shell:
    """A shell in which a server is named."""
    return Shell(tmp_path, server.address)


@pytest.fixture
def alone(tmp_path: Path) -> Shell:
    """A shell in which none is."""
    return Shell(tmp_path)


def test_a_file_runs_without_a_server(alone: Shell) -> None:
    (alone.folder / "data.csv").write_text("a,b\n1,x\n2,y\n")
    (alone.folder / "program.sql").write_text(
        "CREATE TABLE t AS SELECT * FROM read_csv('data.csv');\nSELECT * FROM t ORDER BY a;\n"
    )
    done = alone.run("run", "program.sql")
    assert (done.code, done.out) == (0, "2 rows affected\na  b\n-  -\n1  x\n2  y\n(2 rows)\n")
    notes = done.err.splitlines()
    assert notes[0].startswith("job ")
    assert notes[1] == "[1/2] CREATE TABLE t AS SELECT * FROM read_csv('data.csv')"
    assert notes[2].startswith("[1/2] done in ")
    assert notes[-1] == "job succeeded"
    assert "\x1b" not in done.out + done.err


def test_the_program_may_come_from_standard_input(shell: Shell) -> None:
    assert shell.run("run", "-", "-o", "csv", text="SELECT 1 AS one").out == "one\n1\n"


def test_csv_has_the_rows_and_nothing_else(shell: Shell) -> None:
    done = shell.run("run", "-e", f"CREATE TABLE x AS SELECT 1; {TABLE}", "--output", "csv")
    assert (done.code, done.out) == (0, "n,s,d\n1,a,1.50\n2,,\n")
    assert "1 rows affected" in done.err or "1 row affected" in done.err


def test_json_has_all_that_happens(shell: Shell) -> None:
    done = shell.run("run", "-e", TABLE, "--output", "json")
    values = [json.loads(line) for line in done.out.splitlines()]
    assert (done.code, done.err) == (0, "")
    assert values[0]["event"] == "job"
    (header,) = [v for v in values if v["event"] == "columns"]
    assert [(c["name"], c["type"]) for c in header["columns"]] == [
        ("n", "int64"),
        ("s", "text"),
        ("d", "decimal"),
    ]
    rows = [row for v in values if v["event"] == "rows" for row in v["rows"]]
    assert rows == [[1, "a", "1.50"], [2, None, None]]
    assert values[-1]["event"] == "job-end"
    assert values[-1]["phase"] == "Succeeded"


def test_a_failed_job_exits_1_and_says_why(shell: Shell) -> None:
    program = "SELECT 1 AS a;\nSELECT * FROM nowhere"
    done = shell.run("run", "--sequential", "-e", program)
    assert (done.code, done.out) == (1, "a\n-\n1\n(1 row)\n")
    assert "Table with name nowhere does not exist" in done.err
    assert "[2/2] failed" in done.err
    assert "Traceback" not in done.err


def test_a_wrong_program_exits_2_with_a_caret(shell: Shell) -> None:
    done = shell.run("run", "-e", "SELECT * FROM t\nTO TRIAN DNNClassifier LABEL y INTO m")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("sqlflow: error: statement 1, line 2, column 4: ")
    assert "did you mean TRAIN?" in done.err
    assert done.err.endswith("\n  TO TRIAN DNNClassifier LABEL y INTO m\n     ^\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "give a FILE, '-' for standard input, or -e SQL"),
        (["run", "x.sql", "-e", "SELECT 1"], "give a FILE, '-' for standard input, or -e SQL"),
        (["run", "missing.sql"], "No such file or directory: missing.sql"),
        (["run", "-e", "SELECT 1", "--output", "xml"], "xml"),
        (["run", "-e", "SELECT 1", "--server", "nowhere"], "expected a server as HOST:PORT"),
        (["fly"], "No such command 'fly'"),
    ],
)
def test_wrong_use_exits_2(alone: Shell, arguments: list[str], said: str) -> None:
    done = alone.run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_a_server_that_is_not_there_exits_3_and_is_named(alone: Shell) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    done = alone.run("run", "-e", "SELECT 1", "--server", address)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(
        f"sqlflow: error: can't reach a server at {address}: Connection refused"
    )


def test_a_password_is_not_said(alone: Shell) -> None:
    done = alone.run(
        "run", "-e", "SELECT 1", "-d", "mysql://user:hunter2@127.0.0.1:1/db?connect_timeout=1"
    )
    assert done.code == 1
    assert "hunter2" not in done.out + done.err


def test_a_wrong_setting_of_the_server_does_not_show_its_value(alone: Shell) -> None:
    alone.variables["SQLFLOW_PARALLELISM"] = "hunter2"
    done = alone.run("run", "-e", "SELECT 1")
    assert done.code == 2
    assert "SQLFLOW_PARALLELISM" in done.err
    assert "hunter2" not in done.err


def test_ctrl_c_without_a_terminal_cancels_and_exits_130(shell: Shell, gate: Gate) -> None:
    command = shell.start("run", "--sequential", "-e", f"SELECT 1 AS a; {gate.select()}")
    gate.wait()
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=PATIENCE)
    assert command.returncode == 130
    assert out.startswith("a\n-\n1\n(1 row)\n")
    assert "sqlflow: cancelling the job\n" in err
    assert "job cancelled: the job was cancelled on request" in err


def test_a_reader_that_leaves_ends_the_command_quietly(shell: Shell) -> None:
    program = "SELECT range AS n FROM range(20000)"
    command = subprocess.Popen(
        [*COMMAND, "run", "-o", "csv", "-e", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=shell.environment,
    )
    assert command.stdout is not None
    assert command.stderr is not None
    assert command.stdout.readline() == "n\n"
    command.stdout.close()
    said = command.stderr.read()
    assert command.wait(PATIENCE) == 141
    command.stderr.close()
    assert "BrokenPipe" not in said
    assert "Traceback" not in said


def test_a_detached_job_is_found_again_by_the_next_command(alone: Shell, gate: Gate) -> None:
    started = alone.run("run", "--detach", "-e", gate.select())
    job = started.out.strip()
    assert (started.code, started.out) == (0, f"{job}\n")
    gate.wait()  # it runs, though no server does

    listed = alone.run("jobs")
    assert job in listed.out
    assert "running" in listed.out
    assert json.loads(alone.run("status", job, "-o", "json").out)["status"] == "RUNNING"
    gate.open()
    attached = alone.run("attach", job)
    assert (attached.code, attached.out) == (0, " x\n--\n42\n(1 row)\n")
    assert "succeeded" in alone.run("status", job).out


def test_cancel_ends_a_job(shell: Shell, gate: Gate) -> None:
    job = shell.run("run", "--detach", "-e", gate.select()).out.strip()
    gate.wait()
    assert shell.run("cancel", job, "--now").code == 0
    attached = shell.run("attach", job)
    assert attached.code == 1
    assert "job cancelled: the job was cancelled on request" in attached.err


def test_a_job_is_found_by_its_monitor_url(alone: Shell, server: ServerProcess) -> None:
    job = server.run("SELECT 8 AS n")
    done = alone.run("attach", f"sqlflow://{server.address}/jobs/{job}", "-o", "csv")
    assert (done.code, done.out) == (0, "n\n8\n")


def test_an_unknown_job_exits_1(shell: Shell) -> None:
    done = shell.run("attach", "j0000000000000000")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("sqlflow: error: ")
    assert "j0000000000000000" in done.err


def test_jobs_as_json(shell: Shell, server: ServerProcess) -> None:
    first = server.run_and_read("SELECT 1").job.id
    second = server.run_and_read("SELECT 2").job.id
    values = [json.loads(line) for line in shell.run("jobs", "-o", "json").out.splitlines()]
    assert [v["id"] for v in values] == [second, first]
    assert json.loads(shell.run("jobs", "-o", "json", "--limit", "1").out)["id"] == second


def test_a_job_is_ended_at_its_deadline(shell: Shell, gate: Gate) -> None:
    done = shell.run("run", "--deadline", "0.5", "-e", gate.select())
    assert done.code == 1
    assert "deadline" in done.err


PROGRAM = (
    "CREATE TABLE t AS SELECT 1 AS a, 0 AS y;\n"
    "SELECT * FROM t TO TRAIN xgboost.gbtree LABEL y INTO m;\n"
    "SELECT 2"
)


def test_plan_tells_what_would_run(alone: Shell) -> None:
    done = alone.run("plan", "-e", PROGRAM)
    assert (done.code, done.err) == (0, "")
    assert [line for line in done.out.splitlines() if not line.startswith(" ")] == [
        "s01-create  line 1  CREATE TABLE t AS SELECT 1 AS a, 0 AS y",
        "s02-train  line 2  SELECT * FROM t TO TRAIN xgboost.gbtree LABEL y INTO m",
        "s03-select  line 3  SELECT 2",
    ]
    assert "    reads  table t\n    writes model m\n" in done.out
    assert "    after  s01-create (reads table t)\n" in done.out
    assert not (alone.folder / "state").exists()


def test_plan_as_json(alone: Shell) -> None:
    value = json.loads(alone.run("plan", "-e", PROGRAM, "-o", "json").out)
    assert value["dialect"] == "duckdb"
    assert [s["kind"] for s in value["statements"]] == ["standard", "train", "standard"]
    assert value["statements"][1]["after"] == [{"id": "s01-create", "reason": "reads table t"}]


def test_plan_refuses_a_wrong_program(alone: Shell) -> None:
    done = alone.run("plan", "-e", "SELECT 'open")
    assert done.code == 2
    assert "line 1, column 8" in done.err


def test_serve_says_its_address_and_ends_with_its_input(alone: Shell) -> None:
    command = alone.start("serve", "--listen", "127.0.0.1:0", "--until-eof")
    assert command.stdout is not None
    address = command.stdout.readline().strip()
    assert Shell(alone.folder, address).run("run", "-o", "csv", "-e", "SELECT 3 AS n").out == (
        "n\n3\n"
    )
    _, err = command.communicate(timeout=PATIENCE)
    assert command.returncode == 0
    assert f"SQLFLOW_SERVER={address}" in err


def test_serve_refuses_a_wrong_address(alone: Shell) -> None:
    done = alone.run("serve", "--listen", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "sqlflow: error: SQLFLOW_LISTEN: Value error, expected HOST:PORT, found 'nowhere'\n"
    )


@pytest.mark.timeout(300)  # it imports every library of machine learning, twice
def test_pictures_are_saved(shell: Shell) -> None:
    program = (
        "CREATE TABLE t AS SELECT range AS a, range % 2 AS y FROM range(40);"
        "SELECT * FROM t TO TRAIN xgboost.gbtree WITH objective='binary:logistic', "
        "train.num_boost_round=2 LABEL y INTO m; SELECT * FROM t TO EXPLAIN m"
    )
    done = shell.run("run", "-e", program, "--figures", "pictures")
    assert done.code == 0, done.err
    assert "[3/3] picture saved as pictures/statement-3-1.png\n" in done.err
    assert (shell.folder / "pictures/statement-3-1.png").read_bytes()[:4] == b"\x89PNG"


def test_a_killed_command_leaves_its_job_running(alone: Shell, gate: Gate) -> None:
    command = alone.start("run", "-e", gate.select())
    gate.wait()
    command.kill()
    _, err = command.communicate(timeout=PATIENCE)
    job = err.split()[1]
    gate.open()
    until(lambda: "succeeded" in alone.run("status", job).out, "the job succeeded")


def test_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sqlflow_cli", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "sqlflow 0.1.0\n"
