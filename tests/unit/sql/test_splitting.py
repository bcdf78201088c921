from __future__ import annotations

import pytest
import sqlglot

from sqlflow.sql import splitting
from sqlflow.sql.sources import Source


def texts(program: str, dialect: str = "duckdb") -> list[str]:
    pieces = splitting.split(Source(program), dialect)
    assert not pieces.problems
    return [program[piece.start : piece.end] for piece in pieces.found]


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("postgres", "SELECT $$a;'b$$, $x$;$$;$x$"),
        ("postgres", r"SELECT E'a\';b'"),
        ("postgres", r"SELECT 'a\', 'b'"),
        ("postgres", "SELECT /* a; /* b; */ c; */ 1"),
        ("postgres", 'SELECT "a;""b"'),
        ("postgres", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END"),
        ("postgres", "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)"),
        ("duckdb", "SELECT $$a;b$$, {'a': ';'}"),
        ("mysql", "SELECT `a;``b`, \"c;\\\"\", 'it\\'s;'"),
        ("mysql", "SELECT 5--1"),
        ("mysql", "SELECT 1 # a;\n + 2"),
        ("mysql", "SELECT 1 -- a;\n + 2"),
        ("mysql", "/*!40101 SET NAMES utf8; */"),
        ("mysql", "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; SELECT 2; END"),
        ("mysql", "CREATE DEFINER = 'a'@'b' PROCEDURE p() BEGIN SELECT 1; END"),
        (
            "mysql",
            "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = CASE WHEN 1 THEN 2 END",
        ),
        ("sqlite", "SELECT [a;b] FROM [t']"),
        ("sqlite", "CREATE TRIGGER t AFTER INSERT ON x BEGIN DELETE FROM a; DELETE FROM b; END"),
        ("hive", "SELECT 'a\\';b', `c;d`"),
    ],
)
def test_a_semicolon_that_is_not_code_ends_nothing(dialect: str, statement: str) -> None:
    assert texts(f"SELECT 0; {statement}; SELECT 9;", dialect) == [
        "SELECT 0",
        statement,
        "SELECT 9",
    ]


def test_words_of_bodies_mean_nothing_elsewhere() -> None:
    program = (
        "CREATE TABLE event (begin int); CREATE VIEW v AS SELECT CASE WHEN a THEN b END FROM t"
    )
    assert len(texts(program, "mysql")) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE a RENAME TO train",
        "COPY t TO 'file.csv'",
        "GRANT SELECT ON t TO run",
        "SELECT INTERVAL '1-2' YEAR TO MONTH",
        "SELECT a AS to, t.to FROM t",
        "SELECT (SELECT 1) AS x",
    ],
)
def test_a_to_of_standard_sql_begins_no_clause(statement: str) -> None:
    (piece,) = splitting.split(Source(statement), "duckdb").found
    assert piece.tokens == ()


def test_a_trailing_semicolon_is_optional_and_empty_statements_are_none() -> None:
    assert texts(";; SELECT 1 ;\n; -- end\n ;SELECT 2") == ["SELECT 1", "SELECT 2"]


def test_statements_are_numbered_without_those_that_are_for_the_language() -> None:
    pieces = splitting.split(Source("SELECT 1; SET step.cpu = 2; SELECT 2"), "duckdb").found
    assert [piece.number for piece in pieces] == [1, 0, 2]


@pytest.mark.parametrize("dialect", ["duckdb", "mysql", "postgres", "sqlite"])
def test_statements_end_where_sqlglot_ends_them(dialect: str) -> None:
    program = """
        CREATE TABLE t (a int, b text);
        INSERT INTO t VALUES (1, 'x;y'), (2, 'it''s');
        SELECT a, "b;c" FROM t /* d; e */ WHERE b = ';' -- f;
        ORDER BY 1;
        WITH x AS (SELECT 1) SELECT * FROM x
    """
    tokens = sqlglot.tokenize(program, read=dialect)
    ends = [token.start for token in tokens if token.token_type is sqlglot.TokenType.SEMICOLON]
    found = splitting.split(Source(program), dialect).found
    assert [program.index(";", piece.end) for piece in found[:2]] == ends[:2]
    assert len(found) == len(ends) + 1
