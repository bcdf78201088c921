"""Labels there and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from sqlflow.attributes import Task
from sqlflow.errors import DataError
from sqlflow.ml import labels
from sqlflow.ml.labels import Label
from sqlflow.ml.sources import Dataset
from sqlflow.wire.rows import Column, Type

JANUARY, FEBRUARY = dt.date(2020, 1, 2), dt.date(2020, 2, 2)


def data(kind, cells, arrow=None):
    return Dataset((Column("y", kind),), pa.table({"y": pa.array(cells, arrow)}))


@pytest.mark.parametrize(
    ("kind", "cells", "classes"),
    [
        (Type.TEXT, ["b", "a", "b"], ("a", "b")),
        (Type.BOOL, [True, False], (False, True)),
        (Type.INT64, [7, -1, 7], (-1, 7)),
        (Type.DATE, [FEBRUARY, JANUARY], (JANUARY, FEBRUARY)),
        (Type.DECIMAL, [2.5, 1.0], (Decimal("1.0"), Decimal("2.5"))),
        (Type.HUGEINT, [2.0, 1.0], (1, 2)),
        (Type.ANY, [1.0, 0.0], (0, 1)),
        (Type.DOUBLE, [1.0, 0.0], (0.0, 1.0)),
    ],
)
def test_classes_are_the_values_in_order_of_the_columns_type(kind, cells, classes):
    found = labels.classes(data(kind, cells), "y")

    assert found.classes == classes
    assert list(map(type, found.classes)) == list(map(type, classes))
    assert found.result_type is kind


def test_values_become_numbers_and_numbers_values():
    label = Label(Task.CLASSIFICATION, Column("y", Type.TEXT), ("a", "b", "c"))

    codes = label.encode(data(Type.TEXT, ["c", "a", "c"]), "y")

    assert codes.tolist() == [2, 0, 2]
    assert label.decode(codes) == ["c", "a", "c"]


def test_decimal_classes_are_found_again_in_arrow_cells():
    label = labels.classes(data(Type.DECIMAL, [2.5, 0.1]), "y")

    assert label.encode(data(Type.DECIMAL, [0.1, 2.5]), "y").tolist() == [0, 1]


def test_a_class_that_training_had_not():
    label = Label(Task.CLASSIFICATION, Column("y", Type.TEXT), ("a", "b"))

    with pytest.raises(DataError) as error:
        label.encode(data(Type.TEXT, ["a", "z"]), "y")

    assert str(error.value) == (
        "column \"y\" holds 'z', which is not among the classes that the model knows: 'a', 'b'"
    )


def test_null_in_the_label():
    with pytest.raises(DataError) as error:
        labels.classes(data(Type.TEXT, ["a", None, "b"]), "y")

    assert str(error.value) == (
        'the label "y" is NULL in 1 of 3 rows; leave them out with WHERE y IS NOT NULL'
    )


def test_a_single_class():
    with pytest.raises(DataError) as error:
        labels.classes(data(Type.INT64, [1, 1]), "y")

    assert str(error.value) == (
        'the label "y" has one value only, 1; a classifier needs two or more'
    )


def test_a_regressors_label_is_a_number():
    label = labels.numbers(data(Type.INT64, [1, 2]), "y")

    assert label.encode(data(Type.INT64, [3, 4]), "y").tolist() == [3.0, 4.0]
    assert label.decode(np.array([0.5])) == [0.5]
    assert label.result_type is Type.DOUBLE


@pytest.mark.parametrize(
    "label",
    [
        Label(Task.CLASSIFICATION, Column("y", Type.DECIMAL), (Decimal("1.50"), Decimal(2))),
        Label(Task.CLASSIFICATION, Column("y", Type.BOOL), (False, True)),
        Label(Task.REGRESSION, Column("y", Type.INT64)),
        labels.absent(Task.CLUSTERING),
    ],
)
def test_a_label_survives_being_saved(label):
    assert Label.from_json(label.to_json()) == label


def test_a_label_that_is_not_in_the_select():
    columns = [Column("class", Type.TEXT), Column("petal_width", Type.DOUBLE)]

    with pytest.raises(DataError) as near:
        labels.resolve(columns, "clas")
    with pytest.raises(DataError) as far:
        labels.resolve(columns, "species")

    assert str(near.value) == (
        'the label "clas" is not a column of the select; did you mean "class"?'
    )
    assert str(far.value) == (
        'the label "species" is not a column of the select; it returns class, petal_width'
    )


def test_a_label_is_found_in_any_case():
    assert labels.resolve([Column("Class", Type.TEXT)], "CLASS") == "Class"
