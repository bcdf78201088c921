"""Any estimator of scikit-learn that can be saved without pickle.

Inputs go in as they are encoded. NULLs are completed by the training data's mean, unless the
estimator takes NaN itself; nothing is scaled, since the estimator was chosen by name. It trains in
one go, so there are no rounds to report.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import all_estimators, get_tags

from sqlflow.attributes.specs import Task
from sqlflow.errors import DataError, ModelError
from sqlflow.ml import completing, skopsfiles
from sqlflow.ml.diagnostics import captured

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow.ml.estimators import Examples, Order
    from sqlflow.ml.labels import Label
    from sqlflow.ml.rounds import Rounds

SEED = 0
"""Of estimators that draw at random and are given no ``model.random_state``."""

_SAMPLE = 8
"""Rows a class in the rehearsal."""


@dataclass(frozen=True, slots=True)
class Estimator:
    """A fitted pipeline: completion where it is needed, and the estimator."""

    pipeline: Any
    label: Label

    @property
    def core(self) -> Any:
        """The estimator itself."""
        return self.pipeline[-1]

    def predict(self, matrix: Any) -> Any:
        """Return class or cluster numbers, or numbers."""
        predicted = np.asarray(self.pipeline.predict(matrix)).ravel()
        regression = self.label.task is Task.REGRESSION
        return predicted.astype(np.float64 if regression else np.int64)

    def probabilities(self, matrix: Any) -> Any | None:
        """Return ``predict_proba`` where the estimator has it."""
        if self.label.task is not Task.CLASSIFICATION or not hasattr(self.core, "predict_proba"):
            return None
        return self.pipeline.predict_proba(matrix)

    def contributions(self, matrix: Any) -> Any | None:
        """Return, for a linear model, coefficient x (input - mean): its exact SHAP values."""
        weights = getattr(self.core, "coef_", None)
        if not isinstance(weights, np.ndarray) or weights.shape[-1] != matrix.shape[1]:
            return None
        completion = self.pipeline[0]
        centred = completion.transform(matrix) - completion.statistics_
        return centred[np.newaxis] * np.atleast_2d(weights)[:, np.newaxis, :]

    def dump(self) -> bytes:
        """Return a skops file."""
        return skopsfiles.dump(self.pipeline)


def load(payload: bytes, label: Label) -> Estimator:
    """Read a skops file."""
    return Estimator(skopsfiles.load(payload), label)


def check(order: Order, examples: Examples) -> None:
    """Refuse what can't be saved, before hours go into training it.

    A clone is fitted to a few rows of each class, saved and read. If so few rows are not enough
    for the estimator, nothing is learned from the rehearsal, and saving decides in the end.
    """
    if order.warm is not None:
        _refuse_to_go_on(order)
        return
    few = _few(examples)
    target = None if examples.target is None else examples.target[few]
    rehearsal = _pipeline(order, examples.matrix[few])
    try:
        with captured(lambda _text: None):
            rehearsal.fit(examples.matrix[few], target)
    except (ValueError, TypeError):
        return
    try:
        skopsfiles.load(skopsfiles.dump(rehearsal))
    except ModelError as error:
        raise ModelError(f"{order.spec.name} can't be used: {error}") from error


def train(
    order: Order,
    train: Examples,
    validate: Examples | None,  # noqa: ARG001 - every family's signature
    rounds: Rounds,  # noqa: ARG001
) -> Estimator:
    """Fit, in one go."""
    try:
        with captured(order.warn):
            if isinstance(order.warm, Estimator):
                return _gone_on(order.warm, train)
            return Estimator(
                _pipeline(order, train.matrix, order.warn).fit(train.matrix, train.target),
                order.label,
            )
    except (ValueError, TypeError) as error:
        raise DataError(f"{order.spec.name} can't be trained: {error}") from error


def _refuse_to_go_on(order: Order) -> None:
    if not hasattr(getattr(order.warm, "core", None), "partial_fit"):
        raise ModelError(f"{order.spec.name} can't go on from a saved model; leave out USING")


def _gone_on(warm: Estimator, train: Examples) -> Estimator:
    inputs = warm.pipeline[:-1].transform(train.matrix) if len(warm.pipeline) > 1 else train.matrix
    warm.core.partial_fit(inputs, train.target)
    return warm


def _pipeline(order: Order, matrix: Any, warn: Callable[[str], None] = lambda _: None) -> Pipeline:
    estimator = _estimator(order)
    if get_tags(estimator).input_tags.allow_nan:
        return make_pipeline(estimator)
    return make_pipeline(completing.imputer(order.spec.name, matrix, warn), estimator)


def _estimator(order: Order) -> Any:
    name = order.spec.name.rpartition(".")[2]
    cls = dict(all_estimators())[name]
    given = {
        key.removeprefix("model."): value
        for key, value in order.given.items()
        if key.startswith("model.")
    }
    if "random_state" in inspect.signature(cls).parameters:
        given.setdefault("random_state", SEED)
    return cls(**given)


def _few(examples: Examples) -> Any:
    if examples.target is None:
        return np.arange(min(examples.rows, _SAMPLE * 4))
    values, first = np.unique(examples.target, return_inverse=True)
    if len(values) > _SAMPLE:
        return np.arange(min(examples.rows, _SAMPLE * 4))
    picks = [np.flatnonzero(first == number)[:_SAMPLE] for number in range(len(values))]
    return np.sort(np.concatenate(picks))
