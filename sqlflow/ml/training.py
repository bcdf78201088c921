"""TO TRAIN: from a select to a saved model.

Nothing is written before ``Done verifying``, and the data source is let go while the model trains:
it is opened to read, to see that a model can be saved in it, and to save.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.ml import metrics, sources, store, verifying
from sqlflow.ml.rounds import THINNED, Rounds
from sqlflow.ml.saving import Card
from sqlflow.sql.clauses import Train

if TYPE_CHECKING:
    from sqlflow.ml.contexts import Context, Reporter
    from sqlflow.ml.estimators import Fitted
    from sqlflow.ml.verifying import Job
    from sqlflow.plan.program import Statement

_ROUNDS = {"train.num_boost_round": "round", "train.epoch": "epoch"}
"""The attribute that says how many rounds there are, and what one is called."""


def execute(statement: Statement, context: Context) -> None:
    """Train and save a model."""
    clause, report = statement.clause, context.report
    assert isinstance(clause, Train)
    with sources.workspace() as folder:
        with context.connect() as connection:
            inputs = verifying.read(statement.select, clause, connection, folder)
        job = verifying.verify(clause, inputs, report.warning)
        with context.connect() as connection:
            store.prepare(connection, clause.into)
        report.message("Done verifying")
        _say_what_was_inferred(job, clause, report)
        model = _train(job, report)
        card = _card(statement, clause, job, _judge(job, model, report))
    payload = model.dump()
    report.message(f"Saving model into {clause.into}")
    with context.connect() as connection:
        store.save(connection, clause.into, card, payload)


def _say_what_was_inferred(job: Job, clause: Train, report: Reporter) -> None:
    report.message("Done code generation")
    if "objective" in job.order.attributes and "objective" not in clause.attributes:
        label = job.order.label
        seen = f"{len(label.classes)} classes" if label.classes else "a quantity"
        report.message(
            f"objective = {job.order.attributes['objective']}: "
            f'the label "{label.column.name}" is taken for {seen}'
        )


def _train(job: Job, report: Reporter) -> Fitted:
    report.message("Start training")
    model = job.family.train(job.order, job.train, job.validate, _rounds(job, report))
    report.message("Done training")
    return model


def _rounds(job: Job, report: Reporter) -> Rounds:
    attributes = job.order.attributes
    name = next((n for n in _ROUNDS if n in attributes), None)
    if name is None:
        return Rounds(report=report, unit="fit", total=1)
    verbose = job.order.number("train.verbose") if "train.verbose" in attributes else THINNED
    return Rounds(report=report, unit=_ROUNDS[name], total=job.order.number(name), verbose=verbose)


def _judge(job: Job, model: Fitted, report: Reporter) -> dict[str, float]:
    """Measure the model where it can be: on the validation set, or on what it learned from."""
    from sqlflow.ml import measuring

    examples = job.train if job.validate is None else job.validate
    found = measuring.outcome(model, examples, job.order.label)
    values = measuring.compute(job.metrics, found)
    where = "training" if job.validate is None else "validation"
    if values:
        text = metrics.sentence(values)
        report.message(f"{text} on the {examples.rows} rows of the {where} set")
    return values


def _card(statement: Statement, clause: Train, job: Job, metrics: dict[str, float]) -> Card:
    return Card(
        model_class=job.order.spec.name,
        statement=statement.text,
        columns=job.columns,
        encoding=job.encoding,
        label=job.order.label,
        attributes=clause.attributes,
        metrics=metrics,
    )
