"""SHOW TRAIN: the statement that made a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.ml import store
from sqlflow.sql.clauses import ShowTrain
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from sqlflow.ml.contexts import Context
    from sqlflow.plan.program import Statement

_COLUMNS = (Column("Model", Type.TEXT), Column("Train Statement", Type.TEXT))


def execute(statement: Statement, context: Context) -> None:
    """Give out one row: the model's name and the text of its statement."""
    clause = statement.clause
    assert isinstance(clause, ShowTrain)
    with context.connect() as connection:
        text = store.statement(connection, clause.model)
    context.report.rows(_COLUMNS, [[(clause.model, text)]])
