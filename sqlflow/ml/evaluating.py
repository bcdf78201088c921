"""TO EVALUATE: how good a saved model is on other rows, as a table of one row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sqlflow.attributes.metrics import names_for
from sqlflow.errors import DataError, ModelError
from sqlflow.ml import fitting, labels, metrics, models, sources
from sqlflow.ml.estimators import Examples
from sqlflow.sql.clauses import Evaluate
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from sqlflow.ml.contexts import Context
    from sqlflow.ml.estimators import Fitted
    from sqlflow.ml.saving import Card
    from sqlflow.plan.program import Statement


def execute(statement: Statement, context: Context) -> None:
    """Evaluate a model and put the table in the place of an older one."""
    clause, report = statement.clause, context.report
    assert isinstance(clause, Evaluate)
    with sources.workspace() as folder:
        with context.connect() as connection:
            card, payload = models.load(connection, clause.model, report.warning)
            if not card.label.column.name:
                raise ModelError(
                    f'model "{clause.model}" learned without a label; there is nothing to '
                    "evaluate it by"
                )
            asked: Any = clause.attributes.get("validation.metrics")
            chosen = metrics.choose(asked, card.label.task, default=names_for(card.label.task))
            result = sources.query(connection, statement.select)
            spelled = fitting.check(clause.model, card, result.columns)
            name = labels.resolve(result.columns, clause.label)
            dataset = sources.fetch(result, folder / "rows.arrow")
        if not dataset.rows:
            raise DataError("there is nothing to evaluate: the select returned no rows")
        matrix = card.encoding.matrix(dataset.renamed(spelled).batches(), dataset.rows)
        examples = Examples(matrix, card.label.encode(dataset, name))
        model = models.fitted(card, payload)
        report.message("Done verifying")
        report.message("Done code generation")
        report.message("Start evaluating")
        values = _values(model, examples, card, chosen)
    report.message(f"Done evaluating: {metrics.sentence(values)}")
    with context.connect() as connection:
        columns = [Column(name, Type.DOUBLE) for name in values]
        row = [None if math.isnan(value) else value for value in values.values()]
        connection.replace_table(clause.into, columns, [[row]])


def _values(model: Fitted, examples: Examples, card: Card, chosen: list[str]) -> dict[str, float]:
    from sqlflow.ml import measuring

    found = measuring.outcome(model, examples, card.label)
    loss = measuring.loss(found, card.label.task)
    return {"loss": loss, **measuring.compute(chosen, found)}
