"""The unmodified client of 2020 (sqlflow 0.15.0 of PyPI) against a server of ours."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance import legacy_client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.server_processes import ServerProcess

pytestmark = pytest.mark.timeout(300)

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

DATA = "CREATE TABLE t AS SELECT range AS a, range % 2 AS y FROM range(100);"
TRAIN = (
    "SELECT * FROM t TO TRAIN xgboost.gbtree WITH objective='binary:logistic', "
    "train.num_boost_round=3 LABEL y INTO m;"
)


@pytest.fixture(scope="module")
def commands() -> Path:
    return legacy_client.environment()


class Session:
    """What a program said to the client: tables, lines, HTML, an error."""

    def __init__(self, commands: Path, server: ServerProcess, folder: Path) -> None:
        self._python, self._server, self._answer = commands / "python", server, folder / "answer"
        self.tables: list[Any] = []
        self.html: list[str] = []
        self.error: list[str] | None = None
        self.lines: list[str] = []

    def execute(self, program: str, **environment: str) -> Session:
        script = SCRIPT.format(address=self._server.address, answer=str(self._answer))
        done = subprocess.run(
            [self._python, "-I", "-c", script],
            input=program, capture_output=True, text=True, check=False,
            env=clean_environment() | environment,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.tables, self.html, self.error = json.loads(self._answer.read_text())
        self.lines = done.stdout.splitlines()
        return self


def clean_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH" and "SQLFLOW" not in k}


@pytest.fixture
def session(commands: Path, shared_server: ServerProcess, tmp_path: Path) -> Session:
    return Session(commands, shared_server, tmp_path)


def test_rows_arrive_with_their_types(session):
    session.execute("SELECT 1 AS i, 0.5::DOUBLE AS d, 'a' AS s, NULL AS n, true AS b;")
    assert session.error is None
    assert session.tables == [[["i", "d", "s", "n", "b"], [["1", "0.5", "'a'", "None", "True"]]]]


def test_a_result_of_many_pages_arrives_whole(session):
    session.execute("SELECT range AS a, repeat('x', 20) AS s FROM range(30000);")
    ((_, rows),) = session.tables
    assert [row[0] for row in rows] == [str(i) for i in range(30000)]


def test_each_statement_gives_a_table_of_its_own(session):
    session.execute("SELECT 1 AS a; SELECT 2 AS b;")
    assert session.tables == [[["a"], [["1"]]], [["b"], [["2"]]]]
    assert [line for line in session.lines if "Status" in line] == [
        "SQLFlow Step: [1/2] Status: Succeeded",
        "SQLFlow Step: [2/2] Status: Succeeded",
    ]


def test_the_first_line_says_where_the_job_is_shown(session):
    session.execute("SELECT 1;")
    assert session.lines[0].startswith("SQLFlow Job: sqlflow://127.0.0.1:")


def test_train_predict_and_explain_give_logs_rows_and_a_picture(session, tmp_path):
    source = f"duckdb:///{tmp_path}/ml.duckdb"
    program = (
        f"{DATA} {TRAIN} SELECT * FROM t TO PREDICT p.y USING m; SELECT count(*) AS n FROM p;"
        "SELECT * FROM t TO EXPLAIN m;"
    )
    session.execute(program, SQLFLOW_DATASOURCE=source)
    assert session.error is None
    epochs = [line for line in session.lines if line.startswith("epoch ")]
    assert [line.partition(", train_logloss = ")[0] for line in epochs] == [
        "epoch 0",
        "epoch 1",
        "epoch 2",
    ]
    assert [["n"], [["100"]]] in session.tables
    assert session.html[0].startswith('<div><img src="data:image/png;base64,iVBOR')


def test_a_failed_statement_is_an_error_after_all_that_came_before_it(session):
    session.execute("SELECT 7 AS a; SELECT * FROM missing;")
    assert session.error is not None
    code, text = session.error
    assert code == "ABORTED"
    assert "statement 2" in text
    assert "missing" in text
    assert "SQLFlow Step: [1/2] Status: Succeeded" in session.lines


def test_a_program_that_can_not_be_run_is_an_error_at_once(session):
    session.execute("SELECT * FROM t TO TRAIN nothing.such LABEL y INTO m;")
    assert session.error is not None
    assert session.error[0] == "INVALID_ARGUMENT"


def test_a_submitter_of_another_platform_is_refused(session):
    session.execute("SELECT 1;", SQLFLOW_SUBMITTER="pai")
    assert session.error is not None
    assert session.error[1].startswith("submitter 'pai' of the session is not supported")


def test_its_command_prints_rows(commands, shared_server):
    done = subprocess.run(
        [commands / "sqlflow", "--url", shared_server.address, "SELECT 42 AS answer;"],
        capture_output=True, text=True, check=False, env=clean_environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-3:] == ["answer", "0", "42"]


def test_its_magic_shows_rows(commands, shared_server, tmp_path):
    (tmp_path / "cell.ipy").write_text(
        "%load_ext sqlflow.magic\n"
        "print(get_ipython().run_cell_magic('sqlflow', '', 'SELECT 42 AS n;'))\n"
    )
    done = subprocess.run(
        [commands / "python", "-I", "-m", "IPython", "--no-banner", tmp_path / "cell.ipy"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env=clean_environment()
        | {"SQLFLOW_SERVER": shared_server.address, "IPYTHONDIR": str(tmp_path / "ipython")},
    )  # fmt: skip
    assert done.stdout.split()[-3:] == ["n", "0", "42"], done.stderr
