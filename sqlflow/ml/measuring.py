"""How good a model is: the metrics of :mod:`sqlflow.attributes.metrics`, computed.

Metrics of two classes look at the second one (the larger value: 1 of 0 and 1, true of false); with
more classes, precision, recall, F1 and AUC are the mean over the classes. Averages and names follow
scikit-learn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import metrics as sk

from sqlflow.attributes.specs import Task
from sqlflow.ml.diagnostics import captured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlflow.ml.estimators import Examples, Fitted
    from sqlflow.ml.labels import Label

_SILHOUETTE_ROWS = 5000
"""The silhouette compares each row with each; more rows are sampled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model said of some examples, beside what is true.

    Attributes:
        truth: class numbers or numbers; None without a label.
        predicted: likewise.
        chances: rows x classes; None where the model has no probabilities.
        matrix: the inputs.
        classes: how many there are.
    """

    truth: Any
    predicted: Any
    chances: Any
    matrix: Any
    classes: int


def outcome(model: Fitted, examples: Examples, label: Label) -> Outcome:
    """Let a model predict."""
    return Outcome(
        examples.target,
        model.predict(examples.matrix),
        model.probabilities(examples.matrix),
        examples.matrix,
        len(label.classes),
    )


def compute(chosen: Sequence[str], found: Outcome) -> dict[str, float]:
    """Return each metric; NaN where it is not defined, such as AUC of one class."""
    with captured(lambda _text: None):
        return {name: _value(_METRICS[name], found) for name in chosen}


def loss(found: Outcome, task: Task) -> float:
    """Return what a model is judged by: log loss or share of errors, or the mean squared error."""
    if task is Task.REGRESSION:
        return compute(["mean_squared_error"], found)["mean_squared_error"]
    name = "zero_one_loss" if found.chances is None else "log_loss"
    return compute([name], found)[name]


def _value(metric: Callable[[Outcome], float], found: Outcome) -> float:
    try:
        return float(metric(found))
    except ValueError:
        return math.nan


def _plain(function: Callable[..., float]) -> Callable[[Outcome], float]:
    return lambda o: function(o.truth, o.predicted)


def _averaged(function: Callable[..., float]) -> Callable[[Outcome], float]:
    def metric(o: Outcome) -> float:
        average = "binary" if o.classes == 2 else "macro"
        return function(o.truth, o.predicted, average=average, zero_division=0)

    return metric


def _roc_auc(o: Outcome) -> float:
    if o.chances is None:
        return math.nan
    if o.classes == 2:
        return float(sk.roc_auc_score(o.truth, o.chances[:, 1]))
    every = list(range(o.classes))
    return float(sk.roc_auc_score(o.truth, o.chances, multi_class="ovr", labels=every))


def _log_loss(o: Outcome) -> float:
    if o.chances is None:
        return math.nan
    # Single-precision probabilities do not quite add up to 1, which scikit-learn warns of.
    chances = np.asarray(o.chances, dtype=np.float64)
    chances /= chances.sum(axis=1, keepdims=True)
    return float(sk.log_loss(o.truth, chances, labels=list(range(o.classes))))


def _silhouette(o: Outcome) -> float:
    size = min(len(o.matrix), _SILHOUETTE_ROWS)
    matrix = np.nan_to_num(o.matrix)
    return float(sk.silhouette_score(matrix, o.predicted, sample_size=size, random_state=0))


_METRICS: Mapping[str, Callable[[Outcome], float]] = {
    "accuracy": _plain(sk.accuracy_score),
    "balanced_accuracy": _plain(sk.balanced_accuracy_score),
    "precision": _averaged(sk.precision_score),
    "recall": _averaged(sk.recall_score),
    "f1": _averaged(sk.f1_score),
    "roc_auc": _roc_auc,
    "log_loss": _log_loss,
    "zero_one_loss": _plain(sk.zero_one_loss),
    "cohen_kappa": _plain(sk.cohen_kappa_score),
    "matthews_corrcoef": _plain(sk.matthews_corrcoef),
    "mean_squared_error": _plain(sk.mean_squared_error),
    "root_mean_squared_error": _plain(sk.root_mean_squared_error),
    "mean_absolute_error": _plain(sk.mean_absolute_error),
    "mean_absolute_percentage_error": _plain(sk.mean_absolute_percentage_error),
    "median_absolute_error": _plain(sk.median_absolute_error),
    "max_error": _plain(sk.max_error),
    "r2": _plain(sk.r2_score),
    "explained_variance": _plain(sk.explained_variance_score),
    "silhouette": _silhouette,
}
