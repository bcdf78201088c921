"""Bad input, as a user meets it: through a real server and real steps, each with its whole text."""

from __future__ import annotations

import base64
import contextlib
import os
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import grpc
import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from tests import servers
from tests.conformance.commands import Shell
from tests.conformance.server_processes import PATIENCE, Gate, Transcript, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conformance.server_processes import ServerProcess

VERBS = "expected one of TRAIN, PREDICT, EVALUATE, EXPLAIN, RUN, MAXIMIZE, MINIMIZE after TO"
SESSION = "can't work here: each statement runs in a session of its own, and"
TRAIN = "SELECT x, y FROM t TO TRAIN xgboost.gbtree"
METRICS = (
    "accuracy, balanced_accuracy, precision, recall, f1, roc_auc, log_loss, zero_one_loss, "
    "cohen_kappa, matthews_corrcoef, mean_squared_error, root_mean_squared_error, "
    "mean_absolute_error, mean_absolute_percentage_error, median_absolute_error, max_error, r2, "
    "explained_variance, silhouette"
)
SETTING = (
    "SET takes constants only: each statement runs in a session of its own, and the setting is "
    "replayed in each; write the value itself, or keep it in a table"
)

REFUSED = {
    "empty": ("", "the program is empty"),
    "only comments": (
        "-- nothing\n/* here */ ;",
        "the program holds no statement, only comments",
    ),
    "a string that is never closed": (
        "SELECT 1;\nSELECT 'abc",
        """statement 2, line 2, column 8: this string is never closed
  SELECT 'abc
         ^""",
    ),
    "a comment that is never closed": (
        "SELECT 1 /* abc",
        """statement 1, line 1, column 10: this comment is never closed
  SELECT 1 /* abc
           ^""",
    ),
    "too long": (
        "SELECT 1 -- " + "x" * 262_144,
        (
            "the program has 262,156 bytes; the limit is 262,144; keep data in files or tables, "
            "or split the program"
        ),
    ),
    "a line of a megabyte": (
        "SELECT '" + "x" * 1_000_000 + "'",
        (
            "the program has 1,000,009 bytes; the limit is 262,144; keep data in files or tables, "
            "or split the program"
        ),
    ),
    "too many statements": (
        "SELECT 1;" * 201,
        "the program has 201 statements; the limit is 200; split the program",
    ),
    "NUL": (
        "SELECT 1;\nSELECT 'a\0b'",
        """line 2, column 10: a NUL character can't be part of a program
  SELECT 'a\ufffdb'
           ^""",
    ),
    "an unknown verb": (
        "SELECT * FROM t TO TRIAN x INTO m",
        f"""statement 1, line 1, column 20: {VERBS}, found TRIAN; did you mean TRAIN?
  SELECT * FROM t TO TRIAN x INTO m
                     ^""",
    ),
    "a part twice": (
        f"{TRAIN} LABEL y LABEL y INTO m",
        """statement 1, line 1, column 52: LABEL is given twice, first in line 1
  SELECT x, y FROM t TO TRAIN xgboost.gbtree LABEL y LABEL y INTO m
                                                     ^""",
    ),
    "no INTO": (
        f"{TRAIN} LABEL y",
        """statement 1, line 1, column 51: expected INTO, found the end of the statement; \
say under which name to save the model: INTO my_model
  SELECT x, y FROM t TO TRAIN xgboost.gbtree LABEL y
                                                    ^""",
    ),
    "an unknown model class": (
        "SELECT * FROM t TO TRAIN xgboost.gbtre LABEL y INTO m",
        """statement 1, line 1, column 26: unknown model class 'xgboost.gbtre'; \
did you mean 'xgboost.gbtree'?
  SELECT * FROM t TO TRAIN xgboost.gbtre LABEL y INTO m
                           ^""",
    ),
    "an unknown attribute": (
        f"{TRAIN} WITH etaa=1 LABEL y INTO m",
        """statement 1, line 1, column 49: unknown attribute 'etaa' of xgboost.gbtree; \
did you mean 'eta'?
  SELECT x, y FROM t TO TRAIN xgboost.gbtree WITH etaa=1 LABEL y INTO m
                                                  ^""",
    ),
    "an unknown attribute like no other": (
        f"{TRAIN} WITH wröng=1 LABEL y INTO m",
        """statement 1, line 1, column 49: unknown attribute 'wröng' of xgboost.gbtree
  SELECT x, y FROM t TO TRAIN xgboost.gbtree WITH wröng=1 LABEL y INTO m
                                                  ^""",
    ),
    "a value of the wrong type": (
        f"{TRAIN} WITH max_depth='deep' LABEL y INTO m",
        """statement 1, line 1, column 49: attribute 'max_depth' of xgboost.gbtree: \
expected a whole number ≥ 0, found 'deep'
  SELECT x, y FROM t TO TRAIN xgboost.gbtree WITH max_depth='deep' LABEL y INTO m
                                                  ^""",
    ),
    "a value out of range": (
        f"{TRAIN} WITH eta=7 LABEL y INTO m",
        """statement 1, line 1, column 49: attribute 'eta' of xgboost.gbtree: \
expected 0 < eta ≤ 1, found 7
  SELECT x, y FROM t TO TRAIN xgboost.gbtree WITH eta=7 LABEL y INTO m
                                                  ^""",
    ),
    "an unknown metric": (
        "SELECT x, y FROM t TO EVALUATE m WITH validation.metrics='Accurac' LABEL y INTO e",
        f"""statement 1, line 1, column 39: attribute 'validation.metrics' of TO EVALUATE: \
expected each of validation.metrics to be one of {METRICS}, found 'Accurac'; \
did you mean 'accuracy'?
  SELECT x, y FROM t TO EVALUATE m WITH validation.metrics='Accurac' LABEL y INTO e
                                        ^""",
    ),
    "a transaction": (
        "BEGIN; SELECT 1",
        f"""statement 1, line 1, column 1: BEGIN {SESSION} a transaction does not outlast its \
session; leave it out; each statement is a transaction by itself
  BEGIN; SELECT 1
  ^""",
    ),
    "a temporary table": (
        "CREATE TEMPORARY TABLE a AS SELECT 1",
        f"""statement 1, line 1, column 1: CREATE TEMPORARY {SESSION} what is temporary ends with \
it; make it an ordinary one, and drop it at the end of the program
  CREATE TEMPORARY TABLE a AS SELECT 1
  ^""",
    ),
    "a prepared statement": (
        "PREPARE p AS SELECT 1",
        f"""statement 1, line 1, column 1: PREPARE {SESSION} a prepared statement ends with it; \
write the statement itself
  PREPARE p AS SELECT 1
  ^""",
    ),
    "a setting from a query": (
        "SET x = (SELECT 1)",
        f"""statement 1, line 1, column 1: {SETTING}
  SET x = (SELECT 1)
  ^""",
    ),
    "a model to be dropped": (
        "SELECT 1;\nDROP MODEL m",
        "statement 2, line 2, column 1: not supported yet: DROP MODEL",
    ),
    "a list of models": (
        "SHOW MODELS",
        "statement 1, line 1, column 1: not supported yet: SHOW MODELS",
    ),
    "a program to be run": (
        "SELECT * FROM t TO RUN img CMD 'a.py' INTO r",
        "statement 1, line 1, column 1: not supported yet: TO RUN",
    ),
    "an optimization": (
        "SELECT * FROM t TO MAXIMIZE SUM(x) CONSTRAINT x<=1 WITH variables='x' INTO r",
        "statement 1, line 1, column 1: not supported yet: TO MAXIMIZE and TO MINIMIZE",
    ),
    "after tabs": (
        "\tSELECT *\tFROM t\tTO\tTRIAN x INTO m",
        f"""statement 1, line 1, column 21: {VERBS}, found TRIAN; did you mean TRAIN?
  \tSELECT *\tFROM t\tTO\tTRIAN x INTO m
  \t        \t      \t  \t^""",
    ),
    "in a long line": (
        "SELECT '" + "é" * 300 + "' AS b FROM t TO TRIAN x INTO m -- " + "z" * 500,
        f"""statement 1, line 1, column 326: {VERBS}, found TRIAN; did you mean TRAIN?
  {"é" * 62}' AS b FROM t TO TRIAN x INTO m -- {"z" * 63}
  {" " * 79}^""",
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for programs that are refused before anything runs, and for small jobs."""
    with running(tmp_path_factory.mktemp("bad-input") / "state") as server:
        yield server


@pytest.mark.parametrize(("program", "text"), REFUSED.values(), ids=REFUSED)
def test_a_program_is_refused_before_anything_runs(
    server: ServerProcess, program: str, text: str
) -> None:
    before = server.jobs()
    with pytest.raises(grpc.RpcError) as caught:
        server.run(program)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == text
    assert server.jobs() == before


DATA = """
CREATE TABLE t AS
SELECT range * 1.0 AS x, range % 3 AS k, NULL::DOUBLE AS nil, 'w' || range AS word, range % 2 AS y
FROM range(40);
SELECT x, k, y FROM t TO TRAIN xgboost.gbtree
WITH objective = 'binary:logistic', train.num_boost_round = 2 LABEL y INTO m;
CREATE TABLE whole AS SELECT * FROM sqlflow_models;
"""


@pytest.fixture(scope="module")
def data(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data source with a table and a model."""
    source = f"duckdb:///{tmp_path_factory.mktemp('data')}/a.duckdb"
    made = server.run_and_read(DATA, data_source=source, execution=pb.SEQUENTIAL)
    assert made.job.status == pb.SUCCEEDED, made.job.message
    return source


FAILED = {
    "a label that is not in the select": (
        f"{TRAIN} LABEL yy INTO n",
        "DATA",
        'the label "yy" is not a column of the select; did you mean "y"?',
    ),
    "an empty training set": (
        "SELECT x, y FROM t WHERE x < 0 TO TRAIN xgboost.gbtree LABEL y INTO n",
        "DATA",
        "there is nothing to learn from: the select returned no rows",
    ),
    "a column of NULLs": (
        "SELECT x, nil, y FROM t TO TRAIN xgboost.gbtree LABEL y INTO n",
        "DATA",
        'column "nil" holds nothing but NULL in the training data; leave it out',
    ),
    "text where a number is needed": (
        "SELECT word, y FROM t TO TRAIN xgboost.gbtree COLUMN NUMERIC(word, 1) LABEL y INTO n",
        "DATA",
        "column \"word\" holds the text 'w0', a number was expected",
    ),
    "a text as the label of a regression": (
        "SELECT x, word FROM t TO TRAIN DNNRegressor LABEL word INTO n",
        "DATA",
        'the label "word" is of type text; a number was expected for regression',
    ),
    "a missing model": (
        "SELECT x, k FROM t TO PREDICT r.p USING mm",
        "MODEL",
        'there is no model "mm"; did you mean "m"?',
    ),
    "a model of other columns": (
        "SELECT x, word FROM t TO PREDICT r.p USING m",
        "MODEL",
        (
            'model "m" does not fit the select: the model learns from the column "k", which the '
            "select does not return; it returns word, x"
        ),
    ),
    "a metric of another task": (
        "SELECT x, k, y FROM t TO EVALUATE m WITH validation.metrics='rmse' LABEL y INTO e",
        "DATA",
        (
            "validation.metrics: root_mean_squared_error does not measure classification; "
            "there are accuracy, balanced_accuracy, cohen_kappa, f1, log_loss, matthews_corrcoef, "
            "precision, recall, roc_auc, zero_one_loss"
        ),
    ),
}


def failure(transcript: Transcript, step: int = 1) -> tuple[str, str]:
    """The reason and the text of a statement that failed, the same wherever it is said."""
    assert transcript.job.status == pb.FAILED
    (error,) = [s for s in transcript.statuses(step) if s["event"] == "error"]
    end = transcript.statuses(step)[-1]
    assert (end["details"]["phase"], end["text"]) == ("Failed", error["text"])
    name = transcript.job.steps[step - 1].id
    assert transcript.job.message == f"step {name}, line {step}: {error['text']}"
    assert (error["details"]["line"], error["details"]["column"]) == (step, 1)
    return error["details"]["reason"], error["text"]


@pytest.mark.parametrize(("statement", "reason", "text"), FAILED.values(), ids=FAILED)
def test_a_statement_fails_with_its_reason(
    server: ServerProcess, data: str, statement: str, reason: str, text: str
) -> None:
    transcript = server.run_and_read(statement, data_source=data)

    assert failure(transcript) == (reason, text)


def test_a_model_whose_rows_were_changed_is_damaged(server: ServerProcess, data: str) -> None:
    program = (
        "UPDATE sqlflow_models SET card = replace(card, '\"x\"', '\"z\"');\n"
        "SELECT x, k FROM t TO PREDICT r.p USING m"
    )
    transcript = server.run_and_read(program, data_source=data)
    restored = server.run_and_read(
        "UPDATE sqlflow_models SET card = (SELECT card FROM whole)", data_source=data
    )

    assert restored.job.status == pb.SUCCEEDED
    assert failure(transcript, step=2) == (
        "MODEL",
        'model "m" is damaged: what the data source holds is not what was saved; train it again',
    )


def test_one_metric_may_be_named_by_a_plain_string(server: ServerProcess, data: str) -> None:
    transcript = server.run_and_read(
        "SELECT x, k, y FROM t TO EVALUATE m WITH validation.metrics='Accuracy' LABEL y INTO e;\n"
        "SELECT accuracy BETWEEN 0 AND 1 AS a FROM e",
        data_source=data,
    )

    assert transcript.rows(2) == [[True]]


UNREACHABLE = {
    "mysql": (
        "127.0.0.1:{port}: Can't connect to MySQL server on '127.0.0.1' "
        "([Errno 111] Connection refused) (error 2003)"
    ),
    "postgresql": (
        'connection failed: connection to server at "127.0.0.1", port {port} failed: '
        "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
    ),
}


@pytest.mark.parametrize("scheme", UNREACHABLE)
def test_a_data_source_that_is_not_there(server: ServerProcess, scheme: str) -> None:
    port = servers.free_port()
    transcript = server.run_and_read(
        "SELECT 1", data_source=f"{scheme}://user:canary-pa55@127.0.0.1:{port}/db"
    )

    assert failure(transcript) == ("UNAVAILABLE", UNREACHABLE[scheme].format(port=port))


def port_of(dsn: str) -> str:
    return dsn.rpartition(":")[2].partition("/")[0]


def test_a_wrong_password_of_mariadb(server: ServerProcess, mariadb: str) -> None:
    wrong = mariadb.replace(servers.PASSWORD_IN_URL, "canary-pa55")

    assert failure(server.run_and_read("SELECT 1", data_source=wrong)) == (
        "DATA_SOURCE",
        (
            f"127.0.0.1:{port_of(mariadb)}: Access denied for user 'tester'@'127.0.0.1' "
            "(using password: YES) (error 1045)"
        ),
    )


def test_a_wrong_password_of_postgres(server: ServerProcess, postgres: str) -> None:
    wrong = postgres.replace(servers.PASSWORD_IN_URL, "canary-pa55")

    assert failure(server.run_and_read("SELECT 1", data_source=wrong)) == (
        "DATA_SOURCE",
        (
            f'connection failed: connection to server at "127.0.0.1", port {port_of(postgres)} '
            'failed: FATAL:  password authentication failed for user "tester"'
        ),
    )


ECHOING = {
    "wrong password": "{scheme}://tester:canary-pa55@127.0.0.1:{port}/sqlflow",
    "wrong password, encoded": "{scheme}://tester:canary%2Dpa55@127.0.0.1:{port}/sqlflow",
    "missing database": "{scheme}://tester:canary-pa55@127.0.0.1:{port}/nope",
    "bad option": "{scheme}://tester:canary-pa55@127.0.0.1:{port}/sqlflow?nope=canary-pa55",
    "bad value": "{scheme}://tester:canary-pa55@127.0.0.1:{port}/sqlflow?connect_timeout=canary-pa55",
    "bad port": "{scheme}://tester:canary-pa55@127.0.0.1:canary-pa55/sqlflow",
    "unescaped": "{scheme}://tester:canary-pa55/@@127.0.0.1:{port}/sqlflow",
    "unknown host": "{scheme}://tester:canary-pa55@host.invalid/sqlflow?connect_timeout=1",
}


@pytest.mark.parametrize("dialect", ["mysql", "postgresql"])
def test_no_failure_of_a_data_source_tells_its_password(
    server: ServerProcess, tmp_path: Path, mariadb: str, postgres: str, dialect: str
) -> None:
    port = port_of(mariadb if dialect == "mysql" else postgres)
    shell = Shell(tmp_path, server.address)
    said = ""
    for template in ECHOING.values():
        source = template.format(scheme=dialect, port=port)
        with contextlib.suppress(grpc.RpcError):
            transcript = server.run_and_read("SELECT 1", data_source=source)
            assert transcript.job.status == pb.FAILED, template
            said += str(transcript.entries) + str(transcript.job)
    done = shell.run("run", "-e", "SELECT 1", "-d", ECHOING["wrong password"].format(
        scheme=dialect, port=port
    ))  # fmt: skip
    said += done.out + done.err + server.log.read_text()

    assert done.code == 1
    assert "canary" not in said
    written = [p for p in server.state.rglob("*") if p.is_file()]
    assert [p for p in written if b"canary" in p.read_bytes()] == []


BLOCKED = (
    "import sys\nfor name in ('duckdb', 'pymysql', 'psycopg'):\n    sys.modules[name] = None\n"
)
DRIVERS = {
    "duckdb:////tmp/a.duckdb": ("duckdb", "duckdb", "local"),
    "mysql://user:canary-pa55@127.0.0.1:1/d": ("mysql", "pymysql", "mysql"),
    "postgresql://user:canary-pa55@127.0.0.1:1/d": ("postgres", "psycopg", "postgres"),
}


def test_a_missing_driver_names_its_extra(
    make_server: Callable[..., ServerProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCKED)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)
    server = make_server()

    for source, (dialect, module, extra) in DRIVERS.items():
        transcript = server.run_and_read("SELECT 1", data_source=source)
        assert failure(transcript) == (
            "DATA_SOURCE",
            (
                f"the driver for {dialect} is not installed (no module '{module}'); "
                f'pip install "sqlflow-argo[{extra}]"'
            ),
        )


HOLDS = """
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_duckdb_file_that_another_program_holds(server: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "a.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert select.select([holder.stdout], [], [], PATIENCE)[0]
        assert holder.stdout.readline() == "held\n"
        transcript = server.run_and_read(
            "SELECT 1", data_source=f"duckdb:///{file}?lock_timeout=0.3"
        )
    finally:
        holder.communicate(timeout=PATIENCE)

    reason, text = failure(transcript)
    assert reason == "BUSY"
    assert text.startswith("a.duckdb has been held for 0.3 s by ")
    assert text.endswith(f" (process {holder.pid}); close it and try again")


@pytest.fixture
def token(server: ServerProcess) -> str:
    """The token of a job that is over."""
    return server.run_and_read("SELECT 1 AS a").token


def answer(server: ServerProcess, *, job: str = "", token: str = "") -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        server.stub.Fetch(pb.FetchRequest(job=job, token=token), timeout=PATIENCE)
    return caught.value.code(), str(caught.value.details())


def test_a_token_is_refused_whichever_of_its_bytes_is_changed(
    server: ServerProcess, token: str
) -> None:
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    answers = set()
    for place in range(len(raw)):
        forged = bytearray(raw)
        forged[place] ^= 1
        text = base64.urlsafe_b64encode(forged).decode().rstrip("=")
        answers.add(answer(server, token=text))

    assert answers <= {
        (grpc.StatusCode.INVALID_ARGUMENT, "not a fetch token of this service"),
        (
            grpc.StatusCode.FAILED_PRECONDITION,
            "the fetch token is no longer valid; fetch again with the job's id and no token",
        ),
    }


def test_a_token_of_a_key_that_is_gone_has_expired(
    make_server: Callable[..., ServerProcess], server: ServerProcess, token: str
) -> None:
    assert answer(make_server("other"), token=token) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "the fetch token is no longer valid; fetch again with the job's id and no token",
    )


def test_an_unknown_job(server: ServerProcess) -> None:
    assert answer(server, job="j0123456789abcdef") == (
        grpc.StatusCode.NOT_FOUND,
        "there is no job j0123456789abcdef",
    )


@pytest.mark.parametrize("given", ["file", "input"])
def test_a_file_that_is_not_utf8_is_refused_at_its_byte(
    server: ServerProcess, tmp_path: Path, given: str
) -> None:
    shell = Shell(tmp_path, server.address)
    (tmp_path / "latin.sql").write_bytes("SELECT 1;\nSELECT 'é' AS a\n".encode("latin-1"))
    if given == "file":
        done = shell.run("run", "latin.sql")
        code, out, err = done.code, done.out, done.err
    else:
        piped = subprocess.run(
            [sys.executable, "-m", "sqlflow_cli", "run", "-"],
            input=(tmp_path / "latin.sql").read_bytes(),
            capture_output=True,
            env=shell.environment,
            check=False,
        )
        code, out, err = piped.returncode, piped.stdout.decode(), piped.stderr.decode()

    assert (code, out) == (2, "")
    assert err == (
        "sqlflow: error: line 2, column 9: expected UTF-8 text, found byte 0xe9; "
        "save the file as UTF-8\n  SELECT '\ufffd' AS a\n          ^\n"
    )


def test_a_file_may_have_a_mark_carriage_returns_and_no_last_line_end(
    server: ServerProcess, tmp_path: Path
) -> None:
    text = "\ufeffSELECT '😀;' AS \"🎉\";\r\nSELECT 2 AS b;\r\n-- the end"
    (tmp_path / "windows.sql").write_bytes(text.encode())

    done = Shell(tmp_path, server.address).run("run", "windows.sql", "-o", "csv")

    assert (done.code, done.out) == (0, "🎉\n😀;\n\nb\n2\n")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("CREATE TYPE mood AS ENUM ('sad', 'ok')", "no grammar for it"),
        (f"SELECT {'abs(' * 150}7{')' * 150} AS a", "nested too deeply"),
    ],
)
def test_what_only_the_database_understands_runs_and_the_command_warns(
    server: ServerProcess, tmp_path: Path, statement: str, why: str
) -> None:
    done = Shell(tmp_path, server.address).run(
        *("run", "-e", f"SELECT 1 AS x;\n{statement}"),
        *("-d", f"duckdb:///{tmp_path}/a.duckdb"),
    )

    assert done.code == 0
    assert (
        f"sqlflow: warning: statement 2, line 2: can't be analysed ({why}), so it runs as it "
        "stands, with no other at its side"
    ) in " ".join(done.err.split())


def test_two_branches_run_side_by_side_and_a_barrier_waits_for_both(
    server: ServerProcess, tmp_path: Path
) -> None:
    source = f"duckdb:///{tmp_path}/a.duckdb"
    assert server.run_and_read("SELECT 1", data_source=source).job.status == pb.SUCCEEDED
    one, other = Gate(tmp_path / "one"), Gate(tmp_path / "other")
    barrier = "SELECT x'ab' AS b"
    job = server.run(
        f"{one.select()}; {other.select()}; {barrier}", data_source=f"{source}?read_only=true"
    )

    one.wait()
    other.wait()
    one.open()
    server.read_until(
        job, Transcript(), lambda t: [s.status for s in t.job.steps][:1] == [pb.SUCCEEDED]
    )
    snapshot = server.stub.GetJob(pb.GetJobRequest(job=job), timeout=PATIENCE)
    assert [s.status for s in snapshot.steps] == [pb.SUCCEEDED, pb.RUNNING, pb.PENDING]
    other.open()

    assert server.read(job).job.status == pb.SUCCEEDED


def test_two_hundred_statements_are_not_too_many(server: ServerProcess) -> None:
    plan = server.stub.Plan(pb.PlanRequest(program="SELECT 1;" * 200), timeout=PATIENCE)

    assert len(plan.statements) == 200
