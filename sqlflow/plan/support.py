"""What this version plans but does not execute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.errors import NotSupportedError, Problem
from sqlflow.plan.program import Kind
from sqlflow.sql import clauses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.plan.program import Program, Statement

_KINDS = {
    Kind.RUN: "TO RUN",
    Kind.OPTIMIZE: "TO MAXIMIZE and TO MINIMIZE",
    Kind.SHOW_MODELS: "SHOW MODELS",
    Kind.DROP_MODEL: "DROP MODEL",
}
_FEATURES = frozenset({"", "*", "NUMERIC", "DENSE", "CATEGORY_ID", "INDICATOR"})


def check_executable(program: Program) -> None:
    """Refuse a program with a statement that would be planned but not executed.

    Raises:
        NotSupportedError: all of them.
    """
    problems = [
        Problem(
            message=f"not supported yet: {what}",
            statement=statement.index,
            line=statement.line,
            column=statement.column,
        )
        for statement in program.statements
        for what in _unsupported(statement)
    ]
    if problems:
        raise NotSupportedError(*problems)


def _unsupported(statement: Statement) -> Iterator[str]:
    if statement.kind in _KINDS:
        yield _KINDS[statement.kind]
    if isinstance(statement.clause, clauses.Train):
        for group in statement.clause.columns:
            for feature in group.features:
                yield from _unsupported_features(feature)


def _unsupported_features(argument: clauses.Argument) -> Iterator[str]:
    if isinstance(argument, clauses.Feature):
        if argument.function not in _FEATURES:
            yield f"{argument.function} in COLUMN"
        for inner in argument.args:
            yield from _unsupported_features(inner)
    elif isinstance(argument, list):
        for inner in argument:
            yield from _unsupported_features(inner)
