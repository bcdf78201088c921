"""Which statements wait for which, and why."""

from __future__ import annotations

import pytest

from sqlflow.plan import Execution, Limits, plan_program
from tests.unit.plan.plans import statements, waits, waits_of

TRAIN = "TO TRAIN xgboost.gbtree WITH objective = 'reg:squarederror' LABEL y INTO"


def test_a_read_waits_for_the_write() -> None:
    found = statements("CREATE TABLE t (a INT); SELECT * FROM t")
    assert [(edge.id, edge.reason) for edge in found[1].after] == [("s01-create", "reads table t")]


def test_a_write_waits_for_the_reads_and_for_the_write_before() -> None:
    program = "CREATE TABLE t (a INT); SELECT 1 FROM t; SELECT 2 FROM t; DROP TABLE t"
    assert waits(program) == [[], [1], [1], [2, 3]]
    reasons = [edge.reason for edge in statements(program)[3].after]
    assert reasons == ["writes table t, which it reads"] * 2
    assert waits("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)") == [[], [1]]


def test_a_statement_waits_for_no_one_twice() -> None:
    program = "CREATE TABLE a (x INT); CREATE TABLE b AS FROM a; SELECT * FROM a, b"
    assert waits(program) == [[], [1], [2]]


def test_independent_trainings_and_predictions_run_side_by_side() -> None:
    program = f"""
        CREATE TABLE train AS FROM 'a.csv';
        CREATE TABLE test AS FROM 'b.csv';
        SELECT * FROM train {TRAIN} m1;
        SELECT * FROM train {TRAIN} m2;
        SELECT * FROM test TO PREDICT p1.y USING m1;
        SELECT * FROM test TO PREDICT p2.y USING m2;
        SELECT * FROM test TO EVALUATE m1 LABEL y INTO e1;
        SELECT * FROM p1 JOIN p2 USING (id);
    """
    assert waits(program) == [[], [], [1], [1], [2, 3], [2, 4], [2, 3], [5, 6]]


def test_two_trainings_into_one_model_stay_in_order() -> None:
    assert waits(f"SELECT 1 AS y {TRAIN} m; SELECT 2 AS y {TRAIN} m; SHOW TRAIN m") == [
        [],
        [1],
        [2],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT model FROM sqlflow_models",
        "DELETE FROM main.SQLFlow_Model_Parts",
        "CREATE TABLE copy AS FROM sqlflow_models",
        f"SELECT card AS y FROM sqlflow_models {TRAIN} n",
    ],
)
def test_what_touches_the_tables_of_models_waits_for_trainings_and_they_for_it(text: str) -> None:
    assert waits(f"SELECT 1 AS y {TRAIN} m; {text}; SHOW TRAIN m") == [[], [1], [2]]


def test_models_are_a_namespace_of_their_own() -> None:
    assert waits(f"SELECT 1 AS y {TRAIN} m; CREATE TABLE m (a INT)") == [[], []]


@pytest.mark.parametrize(
    ("written", "read", "same"),
    [
        ("t", "T", True),
        ("s.t", "t", True),
        ("t", "s.t", True),
        ("main.t", "t", True),
        ("c.s.t", "s.t", True),
        ("c.main.t", "c.t", True),
        ("a.t", "b.t", False),
        ("t", "u", False),
    ],
)
def test_names_are_the_same_when_in_doubt(written: str, read: str, *, same: bool) -> None:
    program = f"CREATE TABLE {written} (a INT); CREATE TABLE other AS SELECT * FROM {read}"
    assert waits(program) == [[], [1] if same else []]


def test_a_name_that_may_be_both_of_two_waits_for_both() -> None:
    assert waits("CREATE TABLE a.t (x INT); CREATE TABLE b.t (x INT); SELECT * FROM t") == [
        [],
        [],
        [1, 2],
    ]


def test_what_is_older_may_be_a_view_of_what_is_written() -> None:
    found = statements("INSERT INTO old VALUES (1); SELECT * FROM older")
    assert [edge.reason for edge in found[1].after] == [
        "reads table older, which may be a view of table old"
    ]
    found = statements("SELECT * FROM older; INSERT INTO old VALUES (1)")
    assert [edge.reason for edge in found[1].after] == [
        "writes table old, of which table older may be a view"
    ]


def test_what_is_older_may_be_a_view_of_a_table_that_is_made_anew() -> None:
    assert waits("DROP TABLE IF EXISTS t; CREATE TABLE t (a INT); SELECT * FROM v") == [
        [],
        [1],
        [2],
    ]
    assert waits("CREATE OR REPLACE TABLE t (a INT); SELECT * FROM v") == [[], [1]]
    assert waits("SELECT 1 TO PREDICT p.y USING m; SELECT * FROM v") == [[], [1]]


def test_what_is_older_is_no_view_of_a_table_that_is_new() -> None:
    assert waits("CREATE TABLE t (a INT); INSERT INTO t VALUES (1); SELECT * FROM v") == [
        [],
        [1],
        [],
    ]


def test_reads_of_older_tables_run_side_by_side() -> None:
    assert waits("SELECT * FROM a; SELECT * FROM b; SELECT * FROM a") == [[], [], []]


def test_writes_to_older_tables_stay_in_order() -> None:
    assert waits("INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)") == [[], [1]]


def test_a_view_of_the_program_waits_for_its_tables() -> None:
    program = """
        CREATE TABLE a (x INT);
        CREATE VIEW v AS SELECT * FROM a;
        CREATE VIEW w AS SELECT * FROM v;
        INSERT INTO a VALUES (1);
        SELECT * FROM w
    """
    assert waits(program) == [[], [1], [2], [3], [4]]


def test_a_foreign_key_ties_two_tables() -> None:
    program = """
        CREATE TABLE p (x INT PRIMARY KEY);
        CREATE TABLE c (x INT REFERENCES p (x) ON DELETE CASCADE);
        DELETE FROM p;
        SELECT * FROM c
    """
    assert waits(program, "postgres") == [[], [1], [2], [3]]


def test_a_function_that_is_not_built_in_may_touch_what_is_older() -> None:
    program = "SELECT * FROM a; SELECT refresh(1); SELECT * FROM b; SELECT upper('x')"
    assert waits(program, "postgres") == [[], [1], [2], []]
    reasons = [edge.reason for found in statements(program, "postgres") for edge in found.after]
    assert reasons == [
        "calls function refresh, which may touch anything",
        "reads table b, which function refresh may touch",
    ]


@pytest.mark.parametrize(
    ("dialect", "call"),
    [
        ("duckdb", "list_aggr([1], 'sum')"),
        ("sqlite", "printf('%d', 1)"),
        ("mysql", "sha2('a', 256)"),
    ],
)
def test_a_built_in_function_touches_nothing(dialect: str, call: str) -> None:
    assert waits(f"SELECT * FROM a; SELECT {call}", dialect) == [[], []]


def test_a_function_or_trigger_of_the_program_may_touch_anything() -> None:
    program = "CREATE TABLE t (a INT); CREATE MACRO f() AS (SELECT 1); SELECT f(); SELECT * FROM t"
    assert waits(program) == [[], [1], [2], [3]]
    assert [found.barrier for found in statements(program)] == [False, True, True, False]


def test_a_barrier_waits_for_all_and_all_wait_for_it() -> None:
    program = "SELECT 1; SELECT 2; VACUUM; SELECT 3; SELECT 4; VACUUM"
    assert waits(program) == [[], [], [1, 2], [3], [3], [4, 5]]
    assert [edge.reason for edge in statements(program)[2].after] == [
        "is a barrier: VACUUM may touch anything"
    ] * 2
    assert [edge.reason for edge in statements(program)[3].after] == [
        "follows a barrier: VACUUM may touch anything"
    ]


def test_files_are_names_too() -> None:
    program = "COPY (SELECT 1) TO 'out/a.csv'; SELECT * FROM './out/a.csv'; SELECT * FROM 'b.csv'"
    assert waits(program) == [[], [1], []]


def test_a_pattern_may_mean_any_file() -> None:
    program = "COPY (SELECT 1) TO 'a.csv'; SELECT * FROM '*.csv'; COPY (SELECT 2) TO 'b.csv'"
    assert waits(program) == [[], [1], [2]]


def test_a_session_statement_goes_before_all_that_replay_it() -> None:
    found = statements("SET threads = 2; SELECT 1; SET memory_limit = '1GB'; SELECT 2")
    assert [[edge.id for edge in s.after] for s in found] == [
        [],
        ["s01-set"],
        ["s01-set"],
        ["s03-set"],
    ]
    assert found[3].session == ("SET threads = 2", "SET memory_limit = '1GB'")
    assert found[1].session == ("SET threads = 2",)


def test_behind_a_use_a_name_may_be_another_table() -> None:
    program = "CREATE TABLE a.t (x INT); USE b; SELECT * FROM v; INSERT INTO c.t VALUES (1)"
    assert waits(program)[3] == [1, 3]


def test_sequential_execution_is_a_chain() -> None:
    program = plan_program(
        "SELECT 1; SELECT 2; SELECT 3", dialect="duckdb", execution=Execution.SEQUENTIAL
    )
    assert waits_of(program) == [[], [1], [2]]
    assert program.statements[1].after[0].reason == "runs one after the other"


def test_edges_stay_few_in_long_programs() -> None:
    text = ";".join(
        f"SELECT * FROM a{n}" if n % 1_000 < 500 else f"CREATE OR REPLACE TABLE b{n} (x INT)"
        for n in range(4_000)
    )
    limits = Limits(program_bytes=1 << 30, statements=1 << 30, ir_bytes=1 << 30)
    program = plan_program(text, dialect="duckdb", limits=limits)
    assert sum(len(statement.after) for statement in program.statements) < 52 * 4_000
