from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from sqlflow.errors import LimitError, ProgramError
from sqlflow.plan import Limits, plan_program

FIXTURE = Path(__file__).parents[2] / "fixtures" / "sql" / "errors.toml"
CASES = tomllib.loads(FIXTURE.read_text(encoding="utf-8"))["case"]


def refused(text: str | bytes, dialect: str = "duckdb", **options: Any) -> ProgramError:
    with pytest.raises(ProgramError) as caught:
        plan_program(text, dialect=dialect, **options)
    return caught.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_program_is_refused_with_all_that_is_wrong(case: dict[str, Any]) -> None:
    error = refused(case["sql"], case.get("dialect", "duckdb"))
    assert [str(problem).split("\n")[0] for problem in error.problems] == case["says"]


def test_the_line_and_a_caret_are_shown() -> None:
    assert str(refused("SELECT 1;\n\tSELECT 2 TO\tTRIAN m").problems[0]).splitlines()[1:] == [
        "  \tSELECT 2 TO\tTRIAN m",
        "  \t           \t^",
    ]


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    (problem,) = refused("SELECT " + "a, " * 1_000 + "b TO TRIAN m").problems
    assert len(problem.snippet) <= 160
    assert problem.snippet[problem.column - problem.cut - 1 :] == "TRIAN m"


def test_control_characters_are_not_shown_to_a_terminal() -> None:
    (problem,) = refused("SELECT '\x1b[31m', 'abc").problems
    assert problem.snippet == "SELECT '\ufffd[31m', 'abc"


def test_text_that_is_not_utf8_is_refused_at_its_byte() -> None:
    assert str(refused(b"SELECT 1;\nSELECT '\xc3\xa9\xff'")).splitlines()[0] == (
        "line 2, column 10: the program is not UTF-8: byte 0xff begins no character;"
        " save the file as UTF-8"
    )


def test_a_lone_surrogate_is_refused() -> None:
    assert str(refused("SELECT '\ud800'")).startswith("line 1, column 9: the program is not UTF-8")


def test_a_nul_character_is_refused_at_its_place() -> None:
    assert str(refused("SELECT 1;\nSELECT '\0'")).splitlines()[0] == (
        "line 2, column 9: a NUL character can't be part of a program"
    )


def test_a_byte_order_mark_is_no_part_of_the_program() -> None:
    program = plan_program("\ufeffSELECT 1", dialect="duckdb")
    assert program.statements[0].text == "SELECT 1"


def test_a_program_over_the_limit_of_bytes_is_refused() -> None:
    error = refused("SELECT '" + "é" * 131_072 + "'")
    assert isinstance(error, LimitError)
    assert str(error) == (
        "the program has 262,153 bytes; the limit is 262,144;"
        " keep data in files or tables, or split the program"
    )


def test_a_program_over_the_limit_of_statements_is_refused() -> None:
    error = refused("SELECT 1;" * 201)
    assert isinstance(error, LimitError)
    assert str(error) == "the program has 201 statements; the limit is 200; split the program"
    assert len(plan_program("SELECT 1;" * 200, dialect="duckdb").statements) == 200


def test_a_planned_form_over_the_limit_is_refused() -> None:
    error = refused("SELECT 1", limits=Limits(ir_bytes=100))
    assert isinstance(error, LimitError)
    assert str(error).endswith("the limit is 100; split the program")


def test_an_unknown_dialect_is_refused() -> None:
    assert str(refused("SELECT 1", dialect="oracle")) == (
        "unknown dialect 'oracle'; known are duckdb, hive, mysql, postgres, sqlite"
    )


@pytest.mark.parametrize("opening", ["[", "(", "- ", "2**"])
def test_values_nested_too_deeply_are_refused(opening: str) -> None:
    error = refused(f"SELECT 1 TO TRAIN DNNClassifier WITH a = {opening * 5_000}1 INTO m")
    assert [problem.message for problem in error.problems] == ["nested too deeply"]


def test_features_nested_too_deeply_are_refused() -> None:
    error = refused(f"SELECT 1 TO TRAIN DNNClassifier COLUMN {'f(' * 5_000} INTO m")
    assert [problem.message for problem in error.problems] == ["nested too deeply"]


def test_file_names_of_one_folder_are_refused_where_steps_share_none() -> None:
    program = "SELECT * FROM 's3://bucket/a.csv';\nCOPY t TO 'out.csv'"
    error = refused(program, shared_files=False)
    assert str(error).splitlines()[0] == (
        "statement 2, line 2, column 12: steps of this job share no folder, so 'out.csv' means"
        " nothing to them; name a file that every step can read, such as s3://… or https://…"
    )
    assert len(plan_program(program, dialect="duckdb").statements) == 2


@pytest.mark.parametrize(
    ("dialect", "statement", "column"),
    [
        ("sqlite", "ATTACH 'x.db' AS x", 9),
        ("sqlite", "attach database 'file:x.db?mode=ro' AS x", 23),
        ("duckdb", "ATTACH IF NOT EXISTS 'sqlite:x.db' AS x", 30),
        ("duckdb", "ATTACH /* 'a' */ 'x.db' (READ_ONLY)", 19),
    ],
)
def test_a_file_of_one_folder_is_not_attached_where_steps_share_none(
    dialect: str, statement: str, column: int
) -> None:
    error = refused(f"SELECT 1;\n{statement}", dialect=dialect, shared_files=False)
    assert str(error).startswith(
        f"statement 2, line 2, column {column}: steps of this job share no folder, so 'x.db"
    )
    assert len(plan_program(statement, dialect=dialect).statements) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH '/data/x.db' AS x",
        "ATTACH 'file:/data/x.db' AS x",
        "ATTACH 's3://bucket/x.duckdb' AS x",
        "ATTACH 'md:lake'",
        "ATTACH 'host=db dbname=x' AS x (TYPE postgres)",
    ],
)
def test_what_every_step_reaches_may_be_attached(statement: str) -> None:
    assert plan_program(statement, dialect="duckdb", shared_files=False).statements[0].id == (
        "s01-attach"
    )
