"""Boosted trees and boosted linear models, by XGBoost.

NaN is "missing" to XGBoost, so NULLs need no treatment. Classes are told from the margins (the raw
scores), which are the same for ``multi:softmax`` and ``multi:softprob`` and for all ``binary:…``.
Contributions are XGBoost's own TreeSHAP, which is exact.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sqlflow.attributes.specs import Task
from sqlflow.errors import DataError
from sqlflow.ml import importing, labels
from sqlflow.ml.diagnostics import captured

with importing.without("sklearn"):
    import xgboost as xgb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.ml.estimators import Examples, Order
    from sqlflow.ml.labels import Label
    from sqlflow.ml.rounds import Rounds
    from sqlflow.sql.clauses import Value

_SLICE = 65_536
"""Rows that are predicted together."""


@dataclass(frozen=True, slots=True)
class Boosted:
    """A trained booster."""

    booster: Any
    label: Label

    def predict(self, matrix: Any) -> Any:
        """Return classes by their margins, or numbers."""
        if self.label.task is Task.REGRESSION:
            return self._scores(matrix).astype(np.float64)
        margins = self._margins(matrix)
        if margins.ndim == 1:
            return (margins > 0).astype(np.int64)
        return margins.argmax(axis=1)

    def probabilities(self, matrix: Any) -> Any | None:
        """Return the margins' softmax or logistic function; None for regression."""
        if self.label.task is Task.REGRESSION:
            return None
        margins = self._margins(matrix).astype(np.float64)
        if margins.ndim == 1:
            # Two outputs of which one is fixed at 0: the softmax is the logistic function.
            margins = np.column_stack([np.zeros_like(margins), margins])
        powers = np.exp(margins - margins.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def _margins(self, matrix: Any) -> Any:
        """Return the raw scores, those of classes that the labels never had left out."""
        margins = self._scores(matrix, output_margin=True)
        return margins if margins.ndim == 1 else margins[:, : len(self.label.classes)]

    def contributions(self, matrix: Any) -> Any:
        """Return SHAP values, without the last column, which is the base value."""
        values = self._scores(matrix, pred_contribs=True)
        if values.ndim == 2:
            return values[np.newaxis, :, :-1]
        return values.transpose(1, 0, 2)[: len(self.label.classes), :, :-1]

    def _scores(self, matrix: Any, **kind: bool) -> Any:
        """Predict slice by slice, since a DMatrix is a copy of all that it is made of."""
        starts = range(0, max(len(matrix), 1), _SLICE)
        return np.concatenate(
            [self.booster.predict(xgb.DMatrix(matrix[i : i + _SLICE]), **kind) for i in starts]
        )

    def dump(self) -> bytes:
        """Return the model as UBJSON."""
        return bytes(self.booster.save_raw("ubj"))


def check(order: Order, examples: Examples) -> None:  # noqa: ARG001 - every family's signature
    """Refuse a number of classes that the objective or ``num_class`` does not allow."""
    if order.label.task is not Task.CLASSIFICATION:
        return
    label = order.label
    found = f'the label "{label.column.name}" has {len(label.classes)} values: '
    found += labels.listing(label.classes)
    objective = str(order.attributes["objective"])
    if objective.startswith("binary:") and len(label.classes) > 2:
        raise DataError(f"objective {objective} tells two classes apart, {found}")
    count = order.attributes.get("num_class")
    if isinstance(count, int) and count < len(label.classes):
        raise DataError(f"num_class is {count}, but {found}")


def train(order: Order, train: Examples, validate: Examples | None, rounds: Rounds) -> Boosted:
    """Boost, round by round."""
    matrix = xgb.DMatrix(train.matrix, train.target)
    watched = [(matrix, "train")]
    if validate is not None:
        watched.append((xgb.DMatrix(validate.matrix, validate.target), "validate"))
    try:
        with captured(order.warn):
            booster = xgb.train(
                _parameters(order),
                matrix,
                num_boost_round=rounds.total,
                evals=watched,
                verbose_eval=False,
                xgb_model=getattr(order.warm, "booster", None),
                callbacks=_callbacks(order, rounds),
            )
    except xgb.core.XGBoostError as error:
        raise DataError(f"{order.spec.name} can't be trained: {_reason(error)}") from error
    return Boosted(booster, order.label)


def load(payload: bytes, label: Label) -> Boosted:
    """Read UBJSON."""
    booster = xgb.Booster()
    booster.load_model(bytearray(payload))
    return Boosted(booster, label)


def _parameters(order: Order) -> dict[str, Any]:
    own = {name: _plain(name, value) for name, value in order.given.items() if "." not in name}
    own |= {
        "booster": order.spec.name.partition(".")[2],
        "objective": order.attributes["objective"],
        "seed": order.attributes["train.seed"],
        "verbosity": 1,
    }
    if str(own["objective"]).startswith("multi:"):
        own.setdefault("num_class", len(order.label.classes))
    return own


def _plain(name: str, value: Value) -> Any:
    """Write a value as XGBoost reads it."""
    if name == "monotone_constraints":
        return tuple(value) if isinstance(value, list) else value
    if name == "interaction_constraints":
        return json.dumps(value)
    return int(value) if isinstance(value, bool) else value


def _callbacks(order: Order, rounds: Rounds) -> list[Any]:
    callbacks: list[Any] = [_Progress(rounds)]
    patience = order.attributes.get("train.early_stopping_rounds")
    if patience is not None:
        # A linear model is one set of weights: there is no earlier one to go back to.
        best = order.spec.name != "xgboost.gblinear"
        callbacks.append(xgb.callback.EarlyStopping(rounds=patience, save_best=best))
    return callbacks


class _Progress(xgb.callback.TrainingCallback):
    """Hands each round's metrics on."""

    def __init__(self, rounds: Rounds) -> None:
        super().__init__()
        self._rounds = rounds
        self._done = 0

    def after_iteration(
        self,
        model: Any,  # noqa: ARG002 - XGBoost's signature
        epoch: int,  # noqa: ARG002 - counts on in a warm start; we count this training's rounds
        evals_log: Mapping[str, Mapping[str, Any]],
    ) -> bool:
        self._done += 1
        metrics = {
            f"{data}_{metric}": float(values[-1])
            for data, log in evals_log.items()
            for metric, values in log.items()
        }
        self._rounds.over(self._done, metrics)
        return False


def _reason(error: Exception) -> str:
    """Return the sentence of an error that is followed by a native stack."""
    first = str(error).strip().splitlines()[0]
    return first.rpartition("Check failed: ")[2].partition(": ")[2] or first.rpartition("] ")[2]
