"""Boosted models: rows are predicted slice by slice, and nobody can tell."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost as xgb

from sqlflow.attributes.specs import Task
from sqlflow.ml import xgboosts
from sqlflow.ml.labels import Label
from sqlflow.wire.rows import Column, Type

ROWS = np.arange(40, dtype=np.float32).reshape(20, 2)


def model(objective, target, *classes):
    parameters = {"objective": objective, "max_depth": 2, "verbosity": 0}
    if objective.startswith("multi:"):
        parameters["num_class"] = len(classes)
    booster = xgb.train(parameters, xgb.DMatrix(ROWS, target), 3)
    task = Task.CLASSIFICATION if classes else Task.REGRESSION
    return xgboosts.Boosted(booster, Label(task, Column("y", Type.INT64), classes))


MODELS = {
    "two classes": lambda: model("binary:logistic", [0] * 10 + [1] * 10, 0, 1),
    "three classes": lambda: model("multi:softprob", [0] * 7 + [1] * 7 + [2] * 6, 0, 1, 2),
    "a quantity": lambda: model("reg:squarederror", np.arange(20)),
}


@pytest.mark.parametrize("name", MODELS)
def test_slices_give_what_the_whole_gives(monkeypatch, name):
    boosted = MODELS[name]()
    whole = boosted.predict(ROWS), boosted.contributions(ROWS)
    monkeypatch.setattr(xgboosts, "_SLICE", 7)

    assert len(set(whole[0].tolist())) > 1
    assert np.array_equal(boosted.predict(ROWS), whole[0])
    assert np.array_equal(boosted.contributions(ROWS), whole[1])


def test_no_rows_give_no_predictions():
    assert MODELS["three classes"]().predict(ROWS[:0]).tolist() == []
