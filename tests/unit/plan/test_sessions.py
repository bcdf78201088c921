"""Statements that set up the session, and those that would need one of their own."""

from __future__ import annotations

import pytest

from sqlflow.errors import ProgramError
from sqlflow.plan import plan_program
from tests.unit.plan.plans import statements


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("mysql", "USE shop"),
        ("mysql", "SET @a = 1, @b = 'x', @c = @a + 1"),
        ("mysql", "SET NAMES utf8mb4"),
        ("mysql", "SET SESSION sql_mode = 'ANSI'"),
        ("mysql", "SET autocommit = 1"),
        ("postgres", "SET search_path TO a, b"),
        ("postgres", "SET TIME ZONE 'UTC'"),
        ("postgres", "RESET work_mem"),
        ("duckdb", "SET VARIABLE x = [1, 2]"),
        ("duckdb", "SET GLOBAL threads = 2"),
        ("duckdb", "ATTACH 'x.duckdb' AS x (READ_ONLY)"),
        ("duckdb", "DETACH x"),
        ("duckdb", "INSTALL httpfs"),
        ("duckdb", "LOAD httpfs"),
        ("duckdb", "PRAGMA enable_progress_bar"),
        ("duckdb", "CREATE OR REPLACE SECRET s (TYPE s3)"),
        ("sqlite", "PRAGMA foreign_keys = ON"),
        ("sqlite", "PRAGMA main.cache_size(2000)"),
        ("sqlite", "ATTACH DATABASE 'x.db' AS x"),
    ],
)
def test_what_sets_up_the_session_is_replayed(dialect: str, text: str) -> None:
    assert statements(f"{text}; SELECT 1", dialect)[1].session == (text,)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("mysql", "SET GLOBAL max_connections = 10"),
        ("mysql", "LOAD DATA INFILE 'x' INTO TABLE t"),
        ("sqlite", "PRAGMA table_info(t)"),
        ("sqlite", "PRAGMA integrity_check"),
        ("sqlite", "PRAGMA user_version"),
        ("duckdb", "PRAGMA show_tables"),
        ("duckdb", "CREATE PERSISTENT SECRET s (TYPE s3)"),
    ],
)
def test_what_acts_once_is_not_replayed_but_runs_alone(dialect: str, text: str) -> None:
    first, second = statements(f"{text}; SELECT 1", dialect)
    assert first.barrier
    assert second.session == ()


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("mysql", "BEGIN"),
        ("mysql", "START TRANSACTION READ ONLY"),
        ("postgres", "COMMIT"),
        ("sqlite", "ROLLBACK"),
        ("postgres", "SAVEPOINT a"),
        ("postgres", "RELEASE SAVEPOINT a"),
        ("sqlite", "END"),
        ("mysql", "SET autocommit = 0"),
        ("mysql", "CREATE TEMPORARY TABLE t (a INT)"),
        ("sqlite", "CREATE TEMP VIEW v AS SELECT 1"),
        ("sqlite", "CREATE TABLE temp.t (a INT)"),
        ("postgres", "CREATE LOCAL TEMP TABLE t (a INT)"),
        ("postgres", "PREPARE p AS SELECT 1"),
        ("postgres", "EXECUTE p"),
        ("mysql", "DEALLOCATE PREPARE p"),
        ("mysql", "LOCK TABLES t WRITE"),
        ("mysql", "UNLOCK TABLES"),
        ("postgres", "LOCK TABLE t"),
        ("postgres", "DECLARE c CURSOR FOR SELECT 1"),
        ("mysql", "SET @a = (SELECT 1)"),
        ("postgres", "SET a.b = now()"),
        ("duckdb", "SET VARIABLE a = (SELECT 1)"),
        ("mysql", "SELECT @a := 1"),
        ("sqlite", ".mode csv"),
        ("postgres", "\\d t"),
        ("sqlite", "ATTACH DATABASE '' AS x"),
    ],
)
def test_what_needs_one_session_is_refused_with_a_way_out(dialect: str, text: str) -> None:
    with pytest.raises(ProgramError) as caught:
        plan_program(f"SELECT 1;\n{text}", dialect=dialect)
    (problem,) = caught.value.problems
    assert (problem.statement, problem.line, problem.column) == (2, 2, 1)
    assert problem.hint


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("mysql", "SELECT '@a := 1'"),
        ("mysql", "SELECT @@version"),
        ("postgres", "INSERT INTO temperature VALUES (1)"),
        ("postgres", "SELECT temp.a FROM t AS temp"),
        ("mysql", "EXECUTE IMMEDIATE 'SELECT 1'"),
    ],
)
def test_what_only_looks_like_it_is_not_refused(dialect: str, text: str) -> None:
    assert statements(text, dialect)[0].text == text


def test_settings_of_steps_hold_for_the_statements_after_them() -> None:
    found = statements(
        "SELECT 1; SET step.memory = '4Gi'; SET step.cpu = 2; SELECT 2;"
        "SET step.memory = DEFAULT; SELECT 3"
    )
    assert [statement.settings for statement in found] == [
        {},
        {"memory": "4Gi", "cpu": "2"},
        {"cpu": "2"},
    ]
    assert [statement.id for statement in found] == ["s01-select", "s02-select", "s03-select"]
    assert found[2].session == ()
