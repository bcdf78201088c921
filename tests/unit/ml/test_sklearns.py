"""scikit-learn's estimators: what can't be saved is refused, what is not trusted is not read."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import Birch

from sqlflow import attributes
from sqlflow.attributes import Task
from sqlflow.errors import ModelError
from sqlflow.ml import sklearns, skopsfiles
from sqlflow.ml.estimators import Examples, Order
from sqlflow.ml.labels import Label
from sqlflow.ml.rounds import Rounds
from sqlflow.wire.rows import Column, Type

NAME = "sklearn.tree.DecisionTreeClassifier"
LABEL = Label(Task.CLASSIFICATION, Column("y", Type.TEXT), ("a", "b"))
SHOWN = Examples(np.arange(8, dtype=np.float32).reshape(4, 2), np.array([0, 0, 1, 1]))


def order():
    spec = attributes.lookup(NAME)
    assert spec is not None
    return Order(spec=spec, given={}, attributes={}, label=LABEL, warm=None, warn=print)


def test_what_can_not_be_saved_is_refused_before_training(monkeypatch):
    monkeypatch.setattr(skopsfiles, "TRUSTED", ())

    with pytest.raises(ModelError) as error:
        sklearns.check(order(), SHOWN)

    assert str(error.value) == (
        "sklearn.tree.DecisionTreeClassifier can't be used: it can't be saved: "
        "it holds sklearn.tree._tree.Tree"
    )


def test_a_file_with_a_type_that_is_not_trusted_is_not_read(monkeypatch, lab):
    rounds = Rounds(report=lab.report, unit="fit", total=1)
    payload = sklearns.train(order(), SHOWN, None, rounds).dump()
    monkeypatch.setattr(skopsfiles, "TRUSTED", ())

    with pytest.raises(ModelError, match="holds something that is not trusted"):
        sklearns.load(payload, LABEL)


def test_an_object_that_skops_does_not_know_can_not_be_saved():
    with pytest.raises(ModelError) as error:
        skopsfiles.dump(Birch())

    assert str(error.value) == (
        "it can't be saved without pickle: Objects of type Birch are not supported yet."
    )
