from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlflow.errors import NotSupportedError, ProgramError
from sqlflow.plan import (
    Limits,
    Program,
    check_executable,
    names,
    parsers,
    plan_program,
    standard,
)
from sqlflow.plan.lineage import Effect, Lineage
from sqlflow.plan.program import Kind
from sqlflow.sql import clauses

UNLIMITED = Limits(program_bytes=1 << 30, statements=1 << 30, ir_bytes=1 << 30)

EVERYTHING = """\
-- the beginning
CREATE TABLE t AS SELECT 1 AS a;
  SELECT * FROM t TO TRAIN xgboost.gbtree
  WITH objective = "binary:logistic", eta = 1
  COLUMN a, CROSS([b, BUCKET(c, [1, 2])], 3) LABEL a INTO m;
SELECT * FROM t TO PREDICT p.a USING m; SELECT * FROM t TO EVALUATE m LABEL a INTO e;
SELECT * FROM t TO EXPLAIN m; SHOW TRAIN m; SHOW MODELS; DROP MODEL m;
SELECT * FROM t TO RUN image CMD 'x' INTO a, b;
SELECT * FROM t TO MINIMIZE SUM(a) CONSTRAINT a > 1 GROUP BY b WITH variables = 'a' INTO r
"""


def test_a_statement_knows_its_text_and_place() -> None:
    found = plan_program(EVERYTHING, dialect="duckdb").statements[1]
    assert (found.id, found.index, found.kind) == ("s02-train", 2, Kind.TRAIN)
    assert (found.line, found.column) == (3, 3)
    assert found.text.startswith("SELECT * FROM t TO TRAIN")
    assert found.text.endswith("INTO m")
    assert found.select == "SELECT * FROM t"


def test_attributes_get_their_types() -> None:
    clause = plan_program(EVERYTHING, dialect="duckdb").statements[1].clause
    assert isinstance(clause, clauses.Train)
    assert repr(clause.attributes) == "{'objective': 'binary:logistic', 'eta': 1.0}"


def test_each_kind_of_statement_has_its_id() -> None:
    assert [s.id for s in plan_program(EVERYTHING, dialect="duckdb").statements] == [
        "s01-create",
        "s02-train",
        "s03-predict",
        "s04-evaluate",
        "s05-explain",
        "s06-show-train",
        "s07-show-models",
        "s08-drop-model",
        "s09-run",
        "s10-optimize",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", "s01-select"),
        ("/* why */ (SELECT 1)", "s01-select"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "s01-with"),
        ("Refreshmaterializedview x", "s01-refreshmater"),
        ("ändern x", "s01-x"),
        ("((((SELECT 1))))", "s01-statement"),
    ],
)
def test_the_id_of_a_standard_statement_has_its_first_keyword(text: str, expected: str) -> None:
    assert plan_program(text, dialect="duckdb").statements[0].id == expected


def test_what_is_not_executed_is_refused_when_asked() -> None:
    program = plan_program(EVERYTHING, dialect="duckdb")
    with pytest.raises(NotSupportedError) as caught:
        check_executable(program)
    assert [(p.statement, p.line, p.message) for p in caught.value.problems] == [
        (2, 3, "not supported yet: CROSS in COLUMN"),
        (2, 3, "not supported yet: BUCKET in COLUMN"),
        (7, 7, "not supported yet: SHOW MODELS"),
        (8, 7, "not supported yet: DROP MODEL"),
        (9, 8, "not supported yet: TO RUN"),
        (10, 9, "not supported yet: TO MAXIMIZE and TO MINIMIZE"),
    ]


def test_what_is_executed_is_not_refused() -> None:
    check_executable(
        plan_program(
            "SELECT 1 AS a, 'x' AS b TO TRAIN xgboost.gbtree WITH objective = 'reg:squarederror'"
            " COLUMN a, NUMERIC(a), DENSE(a), INDICATOR(CATEGORY_ID(b, 3)) LABEL a USING n INTO m;"
            " SELECT 1 TO PREDICT p.a USING m; SELECT 1 TO EVALUATE m LABEL a INTO e;"
            " SELECT 1 TO EXPLAIN m; SHOW TRAIN m; SELECT 1",
            dialect="duckdb",
        )
    )


def test_a_program_survives_as_json() -> None:
    program = plan_program("SET step.cpu = 1; USE x;" + EVERYTHING, dialect="duckdb")
    assert Program.from_json(program.to_json()) == program
    assert json.loads(program.to_json())["version"] == 1


VALUES = st.recursive(
    st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.text(min_size=1, max_size=10), VALUES, max_size=3), st.text(max_size=20))
def test_any_value_survives_as_json(attributes: dict[str, clauses.Value], text: str) -> None:
    program = plan_program("SELECT 1 TO EXPLAIN m", dialect="duckdb")
    (statement,) = program.statements
    clause = clauses.Explain(model=text, attributes=attributes)
    changed = Program(
        dialect="duckdb",
        statements=(
            type(statement)(id="s01-x", index=1, kind=Kind.EXPLAIN, text=text, clause=clause),
        ),
    )
    again = Program.from_json(changed.to_json())
    assert again == changed
    assert repr(again) == repr(changed)


WORDS = re.findall(
    r"\S+",
    """
    SELECT FROM TO TRAIN PREDICT WITH LABEL COLUMN INTO USING SHOW DROP MODEL CREATE TRIGGER BEGIN
    END CASE TABLE VIEW AS ( ) [ ] { } , ; ' " ` $$ $a$ -- /* */ # \\ . : = * ** - / 1 2.5 1e999
    xgboost.gbtree DNNClassifier a b.c m objective train.epoch SET step.memory ATTACH USE PRAGMA
    COPY 'x.csv' INSERT UPDATE DELETE MERGE ALTER RENAME DELIMITER E' @ := 'a''b' "c" FOR CMD RUN
    MAXIMIZE CONSTRAINT GROUP BY EXPLAIN EVALUATE VALUES EXISTS é read_csv( null TEMP LOCK START
    TRANSACTION REFERENCES UNION JOIN PARTITION OF OR REPLACE ::int [1,2]
    """,
)
PROGRAMS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join),
    st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=20).map("".join),
    st.text(max_size=60),
    st.binary(max_size=60),
)


def _outcome(text: str | bytes, dialect: str, *, shared_files: bool) -> Program | ProgramError:
    try:
        return plan_program(text, dialect=dialect, shared_files=shared_files)
    except ProgramError as error:
        return error


@settings(max_examples=400)
@given(
    text=PROGRAMS,
    dialect=st.sampled_from(["duckdb", "hive", "mysql", "postgres", "sqlite"]),
    shared=st.booleans(),
)
def test_no_input_raises_anything_but_the_languages_own_error(
    text: str | bytes, dialect: str, shared: bool
) -> None:
    outcome = _outcome(text, dialect, shared_files=shared)
    if isinstance(outcome, ProgramError):
        assert outcome.problems
        assert str(outcome)
    else:
        assert outcome.statements
        assert Program.from_json(outcome.to_json()) == outcome


def _program(size: int) -> str:
    return ";".join(
        f"CREATE TABLE t{n} (a INT)" if n % 2 else f"SELECT * FROM t{n - 1} TO EXPLAIN m{n}"
        for n in range(size)
    )


def test_each_standard_part_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    tree = parsers.tree

    def counting(text: str, dialect: str) -> object:
        parsed.append(text)
        return tree(text, dialect)

    monkeypatch.setattr(parsers, "tree", counting)
    plan_program(_program(100), dialect="duckdb")
    assert len(parsed) == len(set(parsed)) == 100


def test_ten_thousand_statements_are_read_in_a_linear_number_of_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # sqlglot's own work is linear in a statement; what is counted is ours. Every statement touches
    # one table, which is the worst case.
    table = names.table("t")
    read, written = Lineage(reads=(table,)), Lineage(writes=((table, Effect.MODIFY),))
    monkeypatch.setattr(
        standard, "analyse", lambda text, dialect: written if "CREATE" in text else read
    )

    def steps(size: int) -> int:
        count = 0

        def follow(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += event == "call"

        text = _program(size)
        sys.setprofile(follow)
        try:
            plan_program(text, dialect="duckdb", limits=UNLIMITED)
        finally:
            sys.setprofile(None)
        return count

    assert steps(10_000) <= 10.5 * steps(1_000)


def test_a_step_reads_a_program_without_the_planner() -> None:
    code = (
        "import sys, sqlflow.plan.program, sqlflow.sql.clauses\n"
        "print(*sorted(m for m in sys.modules if m.startswith(('sqlglot', 'sqlflow.'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "sqlflow.lazy",
        "sqlflow.plan",
        "sqlflow.plan.program",
        "sqlflow.sql",
        "sqlflow.sql.clauses",
    ]
