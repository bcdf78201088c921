"""Shorthands for tests of plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlflow.plan import plan_program

if TYPE_CHECKING:
    from sqlflow.plan.program import Program, Statement


def statements(text: str, dialect: str = "duckdb", **options: Any) -> tuple[Statement, ...]:
    return plan_program(text, dialect=dialect, **options).statements


def statement(text: str, dialect: str = "duckdb") -> Statement:
    (only,) = statements(text, dialect)
    return only


def waits(text: str, dialect: str = "duckdb") -> list[list[int]]:
    """Return for each statement the numbers of those that it waits for."""
    return waits_of(plan_program(text, dialect=dialect))


def waits_of(program: Program) -> list[list[int]]:
    return [[int(edge.id[1:3]) for edge in s.after] for s in program.statements]
