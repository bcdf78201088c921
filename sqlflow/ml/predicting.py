"""TO PREDICT: the rows of a select, each with what a model says of it, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlflow.errors import DataError
from sqlflow.ml import fitting, models, names, sources
from sqlflow.sql.clauses import Predict
from sqlflow.wire.rows import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlflow.ml.contexts import Context
    from sqlflow.ml.estimators import Fitted
    from sqlflow.ml.saving import Card
    from sqlflow.ml.sources import Spool
    from sqlflow.plan.program import Statement


@dataclass(frozen=True, slots=True)
class _Layout:
    """What becomes of the columns of the select.

    Attributes:
        kept: the places of those that are in the table.
        inputs: the model's columns by the names of its training, with their places.
        columns: of the table.
    """

    kept: tuple[int, ...]
    inputs: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]


def execute(statement: Statement, context: Context) -> None:
    """Predict, batch by batch, and put the table in the place of an older one."""
    clause, report = statement.clause, context.report
    assert isinstance(clause, Predict)
    with sources.workspace() as folder:
        with context.connect() as connection:
            card, payload = models.load(connection, clause.model, report.warning)
            result = sources.query(connection, statement.select)
            layout = _layout(clause, card, result.columns)
            spool = sources.spool(result, folder / "rows")
        report.message("Done verifying")
        model = models.fitted(card, payload)
        report.message("Done code generation")
        report.message("Start predicting")
        with context.connect() as connection:
            rows = _rows(spool, layout, card, model)
            count = connection.replace_table(clause.table, layout.columns, rows)
    report.message(f"Done predicting: {count} rows in {clause.table}")


def _layout(clause: Predict, card: Card, columns: Sequence[Column]) -> _Layout:
    spelled = fitting.check(clause.model, card, columns)
    places = {column.name: place for place, column in enumerate(columns)}
    label = names.find(card.label.column.name, places) if card.label.column.name else None
    kept = tuple(place for name, place in places.items() if name != label)
    clash = names.find(clause.column, (columns[place].name for place in kept))
    if clash is not None:
        raise DataError(
            f'the select returns a column "{clash}" already; '
            f"give the prediction another name than {clause.table}.{clause.column}"
        )
    result = Column(clause.column, card.label.result_type)
    return _Layout(
        kept,
        tuple((name, places[here]) for name, here in spelled.items()),
        (*(columns[place] for place in kept), result),
    )


def _rows(
    spool: Spool, layout: _Layout, card: Card, model: Fitted
) -> Iterator[list[tuple[Any, ...]]]:
    inputs = [Column(name, spool.columns[place].type) for name, place in layout.inputs]
    for rows in spool.batches():
        cells = [tuple(row[place] for _, place in layout.inputs) for row in rows]
        batch = sources.arrow_batch(inputs, cells)
        predicted = model.predict(card.encoding.matrix([batch], len(rows)))
        values = card.label.decode(predicted)
        yield [
            (*(row[place] for place in layout.kept), value)
            for row, value in zip(rows, values, strict=True)
        ]
