"""Every estimator that a statement can name is trained, saved, read, and predicts the same."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

from sqlflow import attributes
from sqlflow.attributes import Task, estimators
from sqlflow.ml import labels, sklearns
from sqlflow.ml.estimators import Examples, Order
from sqlflow.ml.labels import Label
from sqlflow.ml.rounds import Rounds
from sqlflow.wire.rows import Column, Type

ROWS = 45
ROUNDS = Rounds(report=mock.Mock(), unit="fit", total=1)


def order(name, task, warnings, **given):
    spec = attributes.lookup(name)
    assert spec is not None
    label = labels.absent(task)
    if task is Task.CLASSIFICATION:
        label = Label(task, Column("y", Type.TEXT), ("a", "b", "c"))
    elif task is Task.REGRESSION:
        label = Label(task, Column("y", Type.DOUBLE))
    return Order(
        spec=spec, given=given, attributes=given, label=label, warm=None, warn=warnings.append
    )


def examples(name, task):
    draw = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], ROWS // 3)
    matrix = (groups[:, None] * 3 + draw.random((ROWS, 3))).astype(np.float32)
    if name.endswith("CategoricalNB"):
        matrix = matrix.round()
    if name.endswith("IsotonicRegression"):
        matrix = matrix[:, :1]
    target = {Task.CLASSIFICATION: groups, Task.REGRESSION: groups + draw.random(ROWS) + 0.1}
    return Examples(matrix, target.get(task))


def _few(spec):
    """Return attributes for few trees: with the default of 100 this would take minutes."""
    if "model.n_estimators" in spec.attributes:
        return {"model.n_estimators": 4}
    return {"model.max_iter": 4} if "HistGradient" in spec.name else {}


@pytest.mark.parametrize("name", estimators.names())
def test_an_estimator_predicts_the_same_after_it_was_saved(name):
    spec = attributes.lookup(name)
    assert spec is not None
    shown = examples(name, spec.task)
    asked = order(name, spec.task, [], **_few(spec))
    sklearns.check(asked, shown)

    model = sklearns.train(asked, shown, None, ROUNDS)
    again = sklearns.load(model.dump(), asked.label)

    before = model.predict(shown.matrix)
    assert before.shape == (ROWS,)
    np.testing.assert_allclose(again.predict(shown.matrix), before, rtol=1e-6)
