"""What a statement reads and writes."""

from __future__ import annotations

import logging

import pytest

from sqlflow.plan import plan_program
from tests.unit.plan.plans import statement, statements


@pytest.mark.parametrize(
    ("dialect", "text", "reads", "writes"),
    [
        ("duckdb", "SELECT 1", [], []),
        ("duckdb", "SELECT * FROM a JOIN s.b ON true, c.s.d", ["a", "s.b", "c.s.d"], []),
        ("duckdb", "FROM a SELECT x", ["a"], []),
        ("duckdb", "SELECT * FROM a WHERE x IN (SELECT y FROM b)", ["a", "b"], []),
        ("duckdb", "WITH x AS (SELECT * FROM a) SELECT * FROM x", ["a"], []),
        ("duckdb", "WITH a AS (SELECT * FROM a) SELECT * FROM a", ["a"], []),
        ("duckdb", "WITH x AS (SELECT 1), y AS (SELECT * FROM x) SELECT * FROM y", [], []),
        ("duckdb", "WITH RECURSIVE r AS (SELECT 1 UNION SELECT * FROM r) SELECT * FROM r", [], []),
        ("duckdb", "SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x), x", ["x"], []),
        ("postgres", 'WITH "X" AS (SELECT 1) SELECT * FROM x', ["x"], []),
        ("duckdb", "SELECT * FROM a UNION ALL SELECT * FROM b", ["a", "b"], []),
        ("duckdb", "CREATE TABLE t AS SELECT * FROM a", ["a"], ["t"]),
        ("duckdb", "CREATE OR REPLACE TABLE t AS FROM a", ["a"], ["t"]),
        ("duckdb", "CREATE VIEW v AS SELECT * FROM a", ["a"], ["v"]),
        ("mysql", "CREATE TABLE t LIKE a", ["a"], ["t"]),
        ("postgres", "CREATE INDEX i ON t (a)", [], ["t"]),
        ("duckdb", "INSERT INTO t SELECT * FROM a", ["a"], ["t"]),
        ("sqlite", "INSERT OR REPLACE INTO t SELECT * FROM a", ["a"], ["t"]),
        ("mysql", "REPLACE INTO t SELECT * FROM a", ["a"], ["t"]),
        ("postgres", "UPDATE t SET x = 1 FROM a WHERE t.y = a.y", ["a"], ["t"]),
        ("mysql", "UPDATE t JOIN a ON t.x = a.x SET a.y = 1", [], ["t", "a"]),
        ("postgres", "DELETE FROM t USING a WHERE t.x = a.x", ["a"], ["t"]),
        ("mysql", "DELETE x FROM t AS x JOIN a ON x.y = a.y", [], ["t", "a", "x"]),
        ("postgres", "MERGE INTO t USING a ON t.x = a.x WHEN MATCHED THEN DELETE", ["a"], ["t"]),
        ("postgres", "TRUNCATE t, u", [], ["t", "u"]),
        ("mysql", "DROP TABLE IF EXISTS t, u", [], ["t", "u"]),
        ("duckdb", "ALTER TABLE t ADD COLUMN x INT", [], ["t"]),
        ("duckdb", "ALTER TABLE t RENAME TO u", [], ["u", "t"]),
        ("postgres", "SELECT * INTO t FROM a", ["a"], ["t"]),
        ("postgres", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", [], ["t"]),
        ("mysql", "SELECT 1 FROM dual", [], []),
        ("sqlite", "SELECT * FROM [a b]", ["a b"], []),
    ],
)
def test_tables(dialect: str, text: str, reads: list[str], writes: list[str]) -> None:
    found = statement(text, dialect)
    assert not found.barrier
    assert sorted(found.reads) == sorted(f"table {name}" for name in reads)
    assert sorted(found.writes) == sorted(f"table {name}" for name in writes)


@pytest.mark.parametrize(
    ("text", "reads", "writes"),
    [
        ("SELECT * FROM 'data/x.csv'", ["data/x.csv"], []),
        ("SELECT * FROM read_csv('x.csv', header = true)", ["x.csv"], []),
        ("SELECT * FROM read_csv_auto('x.csv')", ["x.csv"], []),
        ("SELECT * FROM read_parquet(['a.parquet', 'b.parquet'])", ["a.parquet", "b.parquet"], []),
        ("SELECT * FROM read_json('x/*.json')", ["x/*.json"], []),
        ("SELECT * FROM read_csv(getvariable('x'))", ["*"], []),
        ("COPY (SELECT 1) TO 'out.csv'", [], ["out.csv"]),
        ("COPY (SELECT 1) TO 'out' (FORMAT parquet, PARTITION_BY (a))", [], ["*"]),
    ],
)
def test_files_of_duckdb(text: str, reads: list[str], writes: list[str]) -> None:
    found = statement(text)
    assert not found.barrier
    assert list(found.reads) == [f"file {name}" for name in reads]
    assert list(found.writes) == [f"file {name}" for name in writes]


@pytest.mark.parametrize(
    ("text", "reads", "writes"),
    [
        (
            """SELECT * FROM a TO TRAIN xgboost.gbtree WITH objective = 'reg:squarederror',
            validation.select = 'SELECT * FROM b' LABEL y USING old INTO m""",
            ["table a", "table b", "model old"],
            ["model m"],
        ),
        ("SELECT * FROM a TO PREDICT s.p.y USING m", ["table a", "model m"], ["table s.p"]),
        ("SELECT * FROM a TO EVALUATE m LABEL y INTO e", ["table a", "model m"], ["table e"]),
        ("SELECT * FROM a TO EXPLAIN m", ["table a", "model m"], []),
        ("SELECT * FROM a TO EXPLAIN m INTO x", ["table a", "model m"], ["table x"]),
        ("SHOW TRAIN m", ["model m"], []),
        ("DROP MODEL m", [], ["model m"]),
    ],
)
def test_extended_statements(text: str, reads: list[str], writes: list[str]) -> None:
    found = statement(text)
    assert (list(found.reads), list(found.writes)) == (reads, writes)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("duckdb", "CREATE SCHEMA s"),
        ("duckdb", "SHOW TABLES"),
        ("duckdb", "SELECT * FROM information_schema.tables"),
        ("duckdb", "SELECT * FROM query_table('t')"),
        ("duckdb", "CREATE MACRO f(a) AS a + 1"),
        ("sqlite", "SELECT * FROM sqlite_master"),
        ("sqlite", "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM u; END"),
        ("postgres", "DROP TABLE t CASCADE"),
        ("postgres", "DROP INDEX i"),
        ("mysql", "CALL p()"),
        ("mysql", "ANALYZE TABLE t"),
        ("hive", "INSERT OVERWRITE DIRECTORY '/x' SELECT 1"),
    ],
)
def test_what_may_touch_anything_is_a_barrier_without_a_warning(dialect: str, text: str) -> None:
    program = plan_program(text, dialect=dialect)
    assert program.statements[0].barrier
    assert program.warnings == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FROBNICATE THE DATABASE", "no grammar for it"),
        ("CREATE SOMETHING NEW", "no grammar for it"),
        ("SELECT " + "f(" * 400 + "1" + ")" * 400, "nested too deeply"),
    ],
)
def test_what_cannot_be_parsed_is_a_barrier_and_warned_of(text: str, why: str) -> None:
    program = plan_program("SELECT 1;\n" + text, dialect="duckdb")
    assert program.statements[1].barrier
    assert program.statements[1].text == text
    (warning,) = program.warnings
    assert (warning.statement, warning.line) == (2, 2)
    assert warning.message == (
        f"can't be analysed ({why}), so it runs as it stands, with no other at its side"
    )


def test_nothing_of_a_statement_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        statements("CREATE SOMETHING NEW PASSWORD 'secret'")
    assert caplog.text == ""
