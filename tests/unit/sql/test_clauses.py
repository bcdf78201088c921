from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sqlflow.sql import clauses, parsing, splitting
from sqlflow.sql.sources import Source

FIXTURE = Path(__file__).parents[2] / "fixtures" / "sql" / "clauses.toml"
CASES = tomllib.loads(FIXTURE.read_text(encoding="utf-8"))["case"]
DIALECTS = ("duckdb", "hive", "mysql", "postgres", "sqlite")


def _argument(value: Any) -> Any:
    if isinstance(value, dict):
        return _feature(value["feature"])
    return [_argument(item) for item in value] if isinstance(value, list) else value


def _feature(value: list[Any]) -> clauses.Feature:
    return clauses.Feature(value[0], tuple(map(_argument, value[1:])))


def _expected(plain: dict[str, Any]) -> clauses.Clause:
    cls = getattr(clauses, plain["type"])
    fields = {field.name for field in dataclasses.fields(cls)}
    given = {name: value for name, value in plain.items() if name in fields}
    if "columns" in given:
        given["columns"] = tuple(
            clauses.ColumnGroup(tuple(map(_feature, group["features"])), group["target"])
            for group in given["columns"]
        )
    if "constraints" in given:
        given["constraints"] = tuple(clauses.Constraint(**c) for c in given["constraints"])
    for name in ("command", "into"):
        if isinstance(given.get(name), list):
            given[name] = tuple(given[name])
    clause: clauses.Clause = cls(**given)
    return clause


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_clause_is_read_the_same_in_every_dialect(case: dict[str, Any], dialect: str) -> None:
    source = Source(case["sql"])
    (piece,) = splitting.split(source, dialect).found
    assert parsing.parse(source, piece).clause == _expected(case["clause"])


def test_values_keep_their_types() -> None:
    source = Source(
        "SELECT 1 TO TRAIN M WITH a = 1, b = 1.0, c = TRUE, d = NULL, e = [1.0, 1] INTO m"
    )
    (piece,) = splitting.split(source, "duckdb").found
    clause = parsing.parse(source, piece).clause
    assert isinstance(clause, clauses.Train)
    assert repr(clause.attributes) == "{'a': 1, 'b': 1.0, 'c': True, 'd': None, 'e': [1.0, 1]}"


def test_the_place_of_each_attribute_is_kept() -> None:
    source = Source("SELECT 1 TO TRAIN M WITH a = 1, b = 2 INTO m")
    (piece,) = splitting.split(source, "duckdb").found
    assert parsing.parse(source, piece).places == {"": 18, "a": 25, "b": 32}
