"""The statements of machine learning: train, predict, evaluate, explain, show.

A statement is executed in one process, from its query to its result::

    select ─► sources ─► features, labels ─► estimators ─► saving ─► store
              one query    what the model      one family    bytes     rows in the
              to a file    sees, learned       of models               data source

The data source is held only while something is read or written, never while a model trains.
Importing this package loads no numpy, xgboost or scikit-learn; executing a statement does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.ml.contexts import Context, Reporter
from sqlflow.plan.program import Kind

if TYPE_CHECKING:
    from sqlflow.plan.program import Statement

__all__ = ["Context", "Reporter", "execute"]

_HOMES = {
    Kind.TRAIN: "training",
    Kind.PREDICT: "predicting",
    Kind.EVALUATE: "evaluating",
    Kind.EXPLAIN: "explaining",
    Kind.SHOW_TRAIN: "showing",
}


def execute(statement: Statement, context: Context) -> None:
    """Execute one extended statement and report what happens on the way.

    Raises:
        UserError: of a class that says what does not fit: data, model, statement.
        KeyError: the statement is of a kind that is not executed here.
    """
    import importlib

    home = importlib.import_module(f"sqlflow.ml.{_HOMES[statement.kind]}")
    home.execute(statement, context)
