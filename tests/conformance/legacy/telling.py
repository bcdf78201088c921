"""What the client of 2020 gets: rows, lines, HTML, errors."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from tests.conformance.legacy.sessions import environment_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.legacy.sessions import Legacy, Session

NUMBERS = "WITH RECURSIVE n(a) AS (SELECT 0 UNION ALL SELECT a + 1 FROM n WHERE a < {last})"

MANY = f"""
{NUMBERS.format(last=299)} SELECT x.a * 100 + y.a AS a, repeat('x', 20) AS s
FROM n AS x, n AS y WHERE y.a < 100 ORDER BY a
"""

MODEL = f"""
CREATE TABLE t AS {NUMBERS.format(last=99)} SELECT a, a % 2 AS y FROM n;
SELECT * FROM t TO TRAIN xgboost.gbtree WITH objective='binary:logistic', train.num_boost_round=3
LABEL y INTO m;
SELECT * FROM t TO PREDICT p.y USING m;
SELECT count(*) AS n FROM p;
SELECT * FROM t TO EXPLAIN m;
"""


class TestResults:
    """What a program gives."""

    def test_rows_arrive_with_their_types(self, session: Session) -> None:
        session.execute("SELECT 1 AS i, CAST(0.5 AS DOUBLE) AS d, 'a' AS s, NULL AS n;")

        assert session.error is None
        assert session.tables == [[["i", "d", "s", "n"], [["1", "0.5", "'a'", "None"]]]]

    def test_a_result_of_many_pages_arrives_whole(self, session: Session) -> None:
        session.execute(MANY)

        ((_, rows),) = session.tables
        assert [row[0] for row in rows] == [str(i) for i in range(30000)]

    def test_each_statement_gives_a_table_of_its_own(self, session: Session) -> None:
        session.execute("SELECT 1 AS a; SELECT 2 AS b;")

        assert session.tables == [[["a"], [["1"]]], [["b"], [["2"]]]]
        assert [line for line in session.lines if "Status" in line] == [
            "SQLFlow Step: [1/2] Status: Succeeded",
            "SQLFlow Step: [2/2] Status: Succeeded",
        ]

    def test_the_first_line_says_where_the_job_is_shown(
        self, session: Session, legacy: Legacy
    ) -> None:
        session.execute("SELECT 1;")

        assert re.fullmatch(f"SQLFlow Job: {legacy.link}", session.lines[0])

    def test_train_predict_and_explain_give_logs_rows_and_a_picture(self, session: Session) -> None:
        session.execute(MODEL)

        assert session.error is None
        epochs = [line for line in session.lines if line.startswith("epoch ")]
        assert [line.partition(", train_logloss = ")[0] for line in epochs] == [
            "epoch 0",
            "epoch 1",
            "epoch 2",
        ]
        assert [["n"], [["100"]]] in session.tables
        assert session.html[0].startswith('<div><img src="data:image/png;base64,iVBOR')


class TestErrors:
    """What goes wrong."""

    def test_a_failed_statement_is_an_error_after_all_that_came_before_it(
        self, session: Session
    ) -> None:
        session.execute("CREATE TABLE before_it AS SELECT 7 AS a; SELECT * FROM missing;")

        assert session.error is not None
        code, text = session.error
        assert code == "ABORTED"
        assert "statement 2" in text
        assert "missing" in text
        assert "SQLFlow Step: [1/2] Status: Succeeded" in session.lines

    def test_a_program_that_can_not_be_run_is_an_error_at_once(self, session: Session) -> None:
        session.execute("SELECT * FROM t TO TRAIN nothing.such LABEL y INTO m;")

        assert session.error is not None
        assert session.error[0] == "INVALID_ARGUMENT"

    def test_a_submitter_of_another_platform_is_refused(self, session: Session) -> None:
        session.execute("SELECT 1;", SQLFLOW_SUBMITTER="pai")

        assert session.error is not None
        assert session.error[1].startswith("submitter 'pai' of the session is not supported")


class TestCommands:
    """The shell command and the notebook magic."""

    def test_its_command_prints_rows(self, commands: Path, legacy: Legacy) -> None:
        done = subprocess.run(
            [commands / "sqlflow", "--url", legacy.address, "SELECT 42 AS answer;"],
            capture_output=True, text=True, check=False, env=environment_of(legacy),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[-3:] == ["answer", "0", "42"]

    def test_its_magic_shows_rows(self, commands: Path, legacy: Legacy, tmp_path: Path) -> None:
        (tmp_path / "cell.ipy").write_text(
            "%load_ext sqlflow.magic\n"
            "print(get_ipython().run_cell_magic('sqlflow', '', 'SELECT 42 AS n;'))\n"
        )
        done = subprocess.run(
            [commands / "python", "-I", "-m", "IPython", "--no-banner", tmp_path / "cell.ipy"],
            capture_output=True, text=True, check=False, cwd=tmp_path,
            env=environment_of(legacy) | {"IPYTHONDIR": str(tmp_path / "ipython")},
        )  # fmt: skip
        assert done.stdout.split()[-3:] == ["n", "0", "42"], done.stderr
