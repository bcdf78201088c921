"""TO EXPLAIN: which features a model goes by, as text and picture, or INTO a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.attributes import defaults
from sqlflow.errors import DataError, NotSupportedError, Problem
from sqlflow.ml import estimators, fitting, models, names, sources
from sqlflow.ml.estimators import Examples
from sqlflow.sql.clauses import Explain
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from pathlib import Path

    from sqlflow.databases import Connection
    from sqlflow.ml.contexts import Context, Reporter
    from sqlflow.ml.explanations import Explanation
    from sqlflow.ml.saving import Card
    from sqlflow.ml.sources import Dataset
    from sqlflow.plan.program import Statement

_COLUMNS = (Column("feature", Type.TEXT), Column("importance", Type.DOUBLE))
_EXPLAINERS = ("TreeExplainer",)
_BAR = 24


def execute(statement: Statement, context: Context) -> None:
    """Explain a model by the rows of the select."""
    clause, report = statement.clause, context.report
    assert isinstance(clause, Explain)
    _refuse_explainer(clause.explainer)
    with sources.workspace() as folder:
        with context.connect() as connection:
            card, payload = models.load(connection, clause.model, report.warning)
            dataset = _read(clause, card, statement.select, connection, folder)
        if not dataset.rows:
            raise DataError("there is nothing to explain: the select returned no rows")
        model = models.fitted(card, payload)

        from sqlflow.ml import explanations

        exact = explanations.is_shared(model, card.encoding)
        examples = _examples(card, dataset, labelled=not exact)
        report.message("Done verifying")
        report.message("Done code generation")
        report.message("Start explaining")
        found = explanations.explain(model, examples, card.encoding, card.label)
    report.message("Done explaining")
    if clause.into:
        rows = list(found.importance.items())
        with context.connect() as connection:
            connection.replace_table(clause.into, _COLUMNS, [rows])
        report.message(f"{len(rows)} rows in {clause.into}")
    else:
        _show(clause, found, examples.rows, report)


def _refuse_explainer(name: str) -> None:
    """Refuse explainers of the 2020 system but the one whose values every booster gets here."""
    if name and name not in _EXPLAINERS:
        hint = "leave out USING: the exact method for the model is chosen"
        raise NotSupportedError(Problem(message=f"not supported yet: USING {name}", hint=hint))


def _read(
    clause: Explain, card: Card, select: str, connection: Connection, folder: Path
) -> Dataset:
    result = sources.query(connection, select)
    fitting.check(clause.model, card, result.columns)
    return sources.fetch(result, folder / "rows.arrow")


def _examples(card: Card, dataset: Dataset, *, labelled: bool) -> Examples:
    """Encode the rows, with their labels if the explanation needs them and the model has one."""
    spelled = fitting.spellings(card.encoding, dataset.columns)
    matrix = card.encoding.matrix(dataset.renamed(spelled).batches(), dataset.rows)
    label = card.label.column.name
    if not labelled or not label:
        return Examples(matrix)
    found = names.find(label, (c.name for c in dataset.columns))
    if found is None:
        raise DataError(
            f"{card.model_class} is explained by what goes wrong when a feature is shuffled, "
            f'which needs the label: add the column "{label}" to the select'
        )
    return Examples(matrix, card.label.encode(dataset, found))


def _show(clause: Explain, found: Explanation, rows: int, report: Reporter) -> None:
    shown = {**defaults(clause), **clause.attributes}
    most = shown["summary.max_display"]
    assert isinstance(most, int)
    title = f"{clause.model}: {found.measure}, {rows} rows"
    for line in _summary(found, title, most):
        report.message(line)
    try:
        from sqlflow.ml import drawing
    except ModuleNotFoundError as error:
        report.warning(f"no picture: {estimators.missing('matplotlib', error)}")
        return
    plot = str(shown["summary.plot_type"])
    png = drawing.draw(found, title=title, plot=plot, most=most)
    report.figure(png, "; ".join(_summary(found, title, most)))


def _summary(found: Explanation, title: str, most: int) -> list[str]:
    """Return a line a feature: its name, its importance, a bar."""
    top = dict(list(found.importance.items())[:most])
    width = max(map(len, top))
    largest = max(top.values()) or 1.0
    lines = [
        f"{name:<{width}}  {value:>10.4g}  {'█' * round(_BAR * max(value, 0) / largest)}".rstrip()
        for name, value in top.items()
    ]
    rest = len(found.importance) - len(top)
    return [title, *lines, *([f"… and {rest} more"] if rest else [])]
