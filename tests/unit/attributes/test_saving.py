"""Every estimator that a statement may name can be trained, saved and read; Birch can't."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.utils import all_estimators

from sqlflow import attributes
from sqlflow.attributes import Task, estimators
from sqlflow.errors import ModelError
from sqlflow.ml import skopsfiles

CLASSES = dict(all_estimators())
RANDOM = np.random.default_rng(0)
CENTRES = RANDOM.permutation(np.repeat([1.0, 5.0], 30))
MATRIX = CENTRES[:, np.newaxis] + RANDOM.random((60, 3))
LABELS = {Task.CLASSIFICATION: (CENTRES > 2).astype(int), Task.REGRESSION: MATRIX.sum(axis=1)}


@pytest.mark.parametrize("name", estimators.names())
def test_estimator_is_trained_saved_and_read(name):
    spec = attributes.lookup(name)
    assert spec is not None
    # An isotonic regression is of one feature.
    matrix = MATRIX[:, :1] if name.endswith("IsotonicRegression") else MATRIX
    estimator = _small(name.rpartition(".")[2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(matrix, LABELS.get(spec.task))

    again = skopsfiles.load(skopsfiles.dump(estimator))

    assert again.predict(matrix) == pytest.approx(estimator.predict(matrix))


def test_birch_can_not_be_saved():
    fitted = CLASSES["Birch"](n_clusters=2).fit(MATRIX)

    with pytest.raises(ModelError, match="can't be saved without pickle"):
        skopsfiles.dump(fitted)


def _small(name: str) -> Any:
    estimator = CLASSES[name]()
    few = {"n_estimators": 3, "max_iter": 30}
    known = estimator.get_params()
    return estimator.set_params(**{k: v for k, v in few.items() if known.get(k) is not None})
