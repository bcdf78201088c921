"""Labels: what a model learns to tell, and how its numbers become values again.

A classifier counts its classes from 0; the statement's own values, of any type, are kept here, so
that PREDICT gives back ``'setosa'`` where the training data said ``'setosa'``. A regressor's label
is a number.
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlflow.attributes.specs import Task
from sqlflow.errors import DataError
from sqlflow.ml import features, names
from sqlflow.wire.rows import Column, RowCodec, Type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlflow.ml.sources import Dataset

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Label:
    """What a model predicts.

    Attributes:
        task: what the model does with a row.
        column: name and type in the training data; an empty name without a label.
        classes: the values of a classifier's label, in order.
    """

    task: Task
    column: Column
    classes: tuple[Any, ...] = ()

    @property
    def result_type(self) -> Type:
        """The type of the predictions."""
        if self.task is Task.CLASSIFICATION:
            return self.column.type
        return Type.DOUBLE if self.task is Task.REGRESSION else Type.INT64

    def encode(self, dataset: Dataset, name: str) -> Any:
        """Return the column as a numpy array: class numbers, or doubles.

        Raises:
            DataError: a cell is NULL, no number, or not one of the classes.
        """
        _refuse_null(dataset, name)
        if self.task is Task.REGRESSION:
            return features.floats(name, dataset.values(name).combine_chunks())
        return self._codes(dataset, name)

    def _codes(self, dataset: Dataset, name: str) -> Any:
        import numpy as np

        numbers = {value: number for number, value in enumerate(self.classes)}
        cells = dataset.values(name).combine_chunks().dictionary_encode()
        values = [_natural(v, self.column.type) for v in cells.dictionary.to_pylist()]
        unknown = next((v for v in values if v not in numbers), None)
        if unknown is not None:
            raise DataError(
                f'column "{name}" holds {unknown!r}, which is not among the classes that the '
                f"model knows: {listing(self.classes)}"
            )
        translation = np.array([numbers[v] for v in values], dtype=np.int64)
        return translation[cells.indices.to_numpy(zero_copy_only=False)]

    def decode(self, predicted: Any) -> list[Any]:
        """Return the values that a model's numbers stand for."""
        if self.task is Task.CLASSIFICATION:
            return [self.classes[number] for number in predicted.tolist()]
        return list(predicted.tolist())

    def to_json(self) -> dict[str, Any]:
        """Return the saved form."""
        codec = RowCodec([self.column])
        return {
            "task": self.task,
            "name": self.column.name,
            "type": self.column.type,
            "classes": codec.encode([(value,) for value in self.classes]),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Label:
        """Read what :meth:`to_json` wrote."""
        column = Column(value["name"], Type(value["type"]))
        rows = RowCodec([column]).decode(value["classes"])
        return cls(Task(value["task"]), column, tuple(row[0] for row in rows))


def absent(task: Task) -> Label:
    """Return the label of a model that learns without one."""
    return Label(task, Column("", Type.INT64))


def numbers(dataset: Dataset, name: str) -> Label:
    """Return the label of a regressor."""
    return Label(Task.REGRESSION, Column(name, dataset.column(name).type))


def classes(dataset: Dataset, name: str) -> Label:
    """Return the label of a classifier, with the classes that the training data has.

    Raises:
        DataError: there is only one.
    """
    _refuse_null(dataset, name)
    column = dataset.column(name)
    values = tuple(sorted(_natural(v, column.type) for v in distinct(dataset, name)))
    if len(values) == 1:
        raise DataError(
            f'the label "{name}" has one value only, {values[0]!r}; a classifier needs two or more'
        )
    return Label(Task.CLASSIFICATION, Column(name, column.type), values)


def _natural(value: Any, kind: Type) -> Any:
    """Return a cell as the database gave it: Arrow batches carry some types as doubles."""
    if not isinstance(value, float):
        return value
    if kind is Type.DECIMAL:
        return decimal.Decimal(str(value))
    whole = kind is Type.HUGEINT or (kind is Type.ANY and value.is_integer())
    return int(value) if whole else value


def distinct(dataset: Dataset, name: str) -> list[Any]:
    """Return the different values of a column, without NULL."""
    return [v for v in dataset.values(name).unique().to_pylist() if v is not None]


def resolve(columns: Sequence[Column], label: str) -> str:
    """Return the label's name as the select spells it.

    Raises:
        DataError: the select has no such column.
    """
    found = names.find(label, (c.name for c in columns))
    if found is None:
        hint = names.suggest(label, (c.name for c in columns), what="it returns")
        raise DataError(f'the label "{label}" is not a column of the select{hint}')
    return found


def listing(values: tuple[Any, ...]) -> str:
    """Return the first few values for a message."""
    shown = ", ".join(repr(v) for v in values[:_SHOWN])
    return shown + (", …" if len(values) > _SHOWN else "")


def _refuse_null(dataset: Dataset, name: str) -> None:
    missing = dataset.values(name).null_count
    if missing:
        raise DataError(
            f'the label "{name}" is NULL in {missing} of {dataset.rows} rows; '
            f"leave them out with WHERE {name} IS NOT NULL"
        )
