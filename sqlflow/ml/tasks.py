"""Which task a model has: its class says so, or XGBoost's objective, or the label itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.attributes import boosting
from sqlflow.attributes.specs import Task
from sqlflow.errors import DataError
from sqlflow.ml import deriving, labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.attributes.specs import ModelSpec
    from sqlflow.ml.labels import Label
    from sqlflow.ml.sources import Dataset
    from sqlflow.sql.clauses import Value

MOST_CLASSES = 20
"""A number with more different values is taken for a quantity, not for a class."""

_LABELLED = frozenset({Task.CLASSIFICATION, Task.REGRESSION})


def settle(spec: ModelSpec, given: Mapping[str, Value], dataset: Dataset, name: str) -> Label:
    """Return the label of a model, whose task may follow from the training data.

    Args:
        spec: the model class.
        given: the attributes that the statement names.
        dataset: the training data.
        name: the label's column as the select spells it; empty without LABEL.

    Raises:
        DataError: there is no label where one is needed, or one where none is, or it is of a kind
            that the model can't learn.
    """
    task = spec.task
    if task not in _LABELLED and task is not Task.OBJECTIVE:
        if name:
            raise DataError(f"{spec.name} learns without a label; leave out LABEL {name}")
        return labels.absent(task)
    if not name:
        raise DataError(f"{spec.name} needs a label; add LABEL and a column of the select")
    if task is Task.OBJECTIVE:
        task = boosting.task_of(given) if "objective" in given else _task_of(dataset, name)
    return labels.classes(dataset, name) if task is Task.CLASSIFICATION else _number(dataset, name)


def objective(label: Label) -> str:
    """Return the objective of a booster whose statement names none."""
    if label.task is Task.REGRESSION:
        return boosting.DEFAULT_OBJECTIVE
    return "binary:logistic" if len(label.classes) == 2 else "multi:softprob"


def _task_of(dataset: Dataset, name: str) -> Task:
    """Take a text for a class, and a number too if it is whole and has few different values."""
    if not deriving.is_number(dataset, name):
        return Task.CLASSIFICATION
    values = labels.distinct(dataset, name)
    few = len(values) <= MOST_CLASSES and all(float(v).is_integer() for v in values)
    return Task.CLASSIFICATION if few else Task.REGRESSION


def _number(dataset: Dataset, name: str) -> Label:
    column = dataset.column(name)
    if not deriving.is_number(dataset, name):
        raise DataError(
            f'the label "{name}" is of type {column.type}; a number was expected for regression'
        )
    return labels.numbers(dataset, name)
