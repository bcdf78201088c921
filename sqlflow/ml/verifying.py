"""What a TRAIN statement asks for, read and looked at before anything is trained or written.

All that can be known to fail fails here: the select runs (once), the label is in it, the features
can be derived, each cell is a number where one is needed, the model can be saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlflow import attributes
from sqlflow.errors import DataError, ModelError, Problem, ProgramError
from sqlflow.ml import deriving, estimators, fitting, labels, metrics, sources, store, tasks
from sqlflow.ml.estimators import Examples, Order

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlflow.attributes import ModelSpec
    from sqlflow.databases import Connection
    from sqlflow.ml.estimators import Family
    from sqlflow.ml.features import Encoding
    from sqlflow.ml.labels import Label
    from sqlflow.ml.saving import Card
    from sqlflow.ml.sources import Dataset
    from sqlflow.sql.clauses import Train, Value
    from sqlflow.wire.rows import Column


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a training reads from the data source.

    Attributes:
        train: the rows of the select.
        validate: those of ``validation.select``; None without one.
        label: the label's column as the select spells it; empty without LABEL.
        warm: card and payload of the model to go on from.
    """

    train: Dataset
    validate: Dataset | None
    label: str
    warm: tuple[Card, bytes] | None


@dataclass(frozen=True, slots=True)
class Job:
    """A training that can begin."""

    family: Family
    order: Order
    encoding: Encoding
    columns: tuple[Column, ...]
    train: Examples
    validate: Examples | None
    metrics: list[str]


def read(select: str, clause: Train, connection: Connection, folder: Path) -> Inputs:
    """Run the queries of a statement, each once, and keep their rows in a folder."""
    warm = store.load(connection, clause.warm_start) if clause.warm_start else None
    result = sources.query(connection, select)
    label = labels.resolve(result.columns, clause.label) if clause.label else ""
    train = sources.fetch(result, folder / "train.arrow")
    validate = None
    if "validation.select" in clause.attributes:
        result = sources.query(connection, str(clause.attributes["validation.select"]))
        validate = sources.fetch(result, folder / "validate.arrow")
    return Inputs(train, validate, label, warm)


def verify(clause: Train, inputs: Inputs, warn: Callable[[str], None]) -> Job:
    """Return the training, encoded and ready."""
    spec = _spec(clause)
    if not inputs.train.rows:
        raise DataError("there is nothing to learn from: the select returned no rows")
    if inputs.warm is None:
        label = tasks.settle(spec, clause.attributes, inputs.train, inputs.label)
        encoding = deriving.derive(clause.columns, inputs.train, inputs.label)
        for column in deriving.rounded(encoding, inputs.train):
            warn(
                f'column "{column}" holds whole numbers beyond {deriving.LARGEST_EXACT}, which '
                "become equal to their neighbours as features; is it an id? Then leave it out"
            )
    else:
        label, encoding = _gone_on(clause, spec, inputs.warm[0])
    family = estimators.family(spec.family)
    order = Order(
        spec=spec,
        given=clause.attributes,
        attributes=_filled(clause, spec, label),
        label=label,
        warm=family.load(inputs.warm[1], label) if inputs.warm else None,
        warn=warn,
    )
    asked: Any = clause.attributes.get("validation.metrics")
    chosen = metrics.choose(asked, label.task)
    examples = _examples(inputs.train, encoding, label, clause.label)
    validate = _validation(inputs.validate, encoding, label, clause.label)
    family.check(order, examples)
    return Job(family, order, encoding, inputs.train.columns, examples, validate, chosen)


def _spec(clause: Train) -> ModelSpec:
    spec = attributes.lookup(clause.model_class)
    if spec is None:
        fault = attributes.check(clause).faults[0]
        raise ProgramError(Problem(message=fault.message, hint=fault.hint))
    return spec


def _gone_on(clause: Train, spec: ModelSpec, card: Card) -> tuple[Label, Encoding]:
    """Take label and features from the model that is gone on from."""
    old = clause.warm_start
    if card.model_class != spec.name:
        raise ModelError(f'model "{old}" is of {card.model_class}, it can\'t go on as {spec.name}')
    if clause.columns:
        raise ModelError(f'the features are those of model "{old}"; leave out COLUMN')
    if bool(clause.label) != bool(card.label.column.name):
        needs = f"LABEL {card.label.column.name}" if card.label.column.name else "no LABEL"
        raise ModelError(f'model "{old}" was trained with {needs}')
    return card.label, card.encoding


def _filled(clause: Train, spec: ModelSpec, label: Label) -> dict[str, Value]:
    filled = attributes.defaults(clause)
    if spec.task is attributes.Task.OBJECTIVE:
        filled["objective"] = tasks.objective(label)
    return {**filled, **clause.attributes}


def _examples(dataset: Dataset, encoding: Encoding, label: Label, label_name: str) -> Examples:
    spelled = fitting.spellings(encoding, dataset.columns)
    matrix = encoding.matrix(dataset.renamed(spelled).batches(), dataset.rows)
    if not label_name:
        return Examples(matrix)
    return Examples(matrix, label.encode(dataset, labels.resolve(dataset.columns, label_name)))


def _validation(
    dataset: Dataset | None, encoding: Encoding, label: Label, label_name: str
) -> Examples | None:
    if dataset is None:
        return None
    if not dataset.rows:
        raise DataError("validation.select returned no rows")
    try:
        return _examples(dataset, encoding, label, label_name)
    except (DataError, ModelError) as error:
        raise DataError(f"validation.select: {error}") from error
