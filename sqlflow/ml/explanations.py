"""Why a model says what it says: how much each feature of the select matters.

Where the share of each cell in a prediction can be computed exactly (SHAP values: boosted trees by
TreeSHAP, linear models by coefficient x distance from the mean), a feature's importance is the mean
size of its shares. For any other model it is what goes wrong when the feature's cells are shuffled:
the rise of the loss; without a label, the share of rows that the model judges differently then.

The columns of the matrix that stand for one text column are one feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sqlflow.ml.features import OneHot

if TYPE_CHECKING:
    from sqlflow.ml.estimators import Examples, Fitted
    from sqlflow.ml.features import Encoding
    from sqlflow.ml.labels import Label

SHAP = "mean |SHAP value|"
LOSS = "rise of the loss when shuffled"
CHANGE = "share of rows that change when shuffled"

_BATCH = 8192
_DOTS = 1000


@dataclass(frozen=True, slots=True)
class Dots:
    """The shares of some rows, for a picture: rows x features, and the features' own values."""

    shares: Any
    values: Any


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was found.

    Attributes:
        measure: what an importance is, in words.
        importance: by feature, the greatest first.
        dots: of the same features, in the same order; None where single rows have no shares.
    """

    measure: str
    importance: dict[str, float]
    dots: Dots | None = None


def explain(model: Fitted, examples: Examples, encoding: Encoding, label: Label) -> Explanation:
    """Explain a model by the rows that it is shown."""
    groups = _groups(encoding)
    found = _shares(model, examples, groups)
    if found is None:
        from sqlflow.ml import shuffling

        rises = shuffling.rises(model, examples, groups, label)
        measure = CHANGE if examples.target is None else LOSS
        return Explanation(measure, dict(sorted(rises.items(), key=lambda item: -item[1])))
    importance, dots = found
    order = np.argsort(-importance, kind="stable")
    names = list(groups)
    return Explanation(
        SHAP,
        {names[i]: float(importance[i]) for i in order},
        Dots(dots.shares[:, order], dots.values[:, order]),
    )


def is_shared(model: Fitted, encoding: Encoding) -> bool:
    """Tell whether the model is explained exactly, and so without a label."""
    return model.contributions(np.zeros((1, encoding.width), dtype=np.float32)) is not None


def _groups(encoding: Encoding) -> dict[str, list[int]]:
    """Return the features with their columns of the matrix; the parts of a vector are features."""
    groups: dict[str, list[int]] = {}
    place = 0
    for encoder in encoding.encoders:
        for name in encoder.names:
            feature = encoder.column if isinstance(encoder, OneHot) else name
            groups.setdefault(feature, []).append(place)
            place += 1
    return groups


def _shares(
    model: Fitted, examples: Examples, groups: dict[str, list[int]]
) -> tuple[Any, Dots] | None:
    """Return the mean sizes of the shares, and the shares of the first rows."""
    total = np.zeros(len(groups))
    outputs = 1
    dots = None
    for start in range(0, examples.rows, _BATCH):
        batch = examples.matrix[start : start + _BATCH]
        cells = model.contributions(batch)
        if cells is None:
            return None
        shares = np.stack([cells[:, :, where].sum(axis=2) for where in groups.values()], axis=2)
        outputs = len(shares)
        total += np.abs(shares).sum(axis=(0, 1), dtype=np.float64)
        dots = dots or _dots(model, batch[:_DOTS], shares[:, :_DOTS], groups)
    assert dots is not None
    return total / (examples.rows * outputs), dots


def _dots(model: Fitted, batch: Any, shares: Any, groups: dict[str, list[int]]) -> Dots:
    """Take, of several outputs, that of the class which the model names."""
    rows = np.arange(len(batch))
    own = shares[0] if len(shares) == 1 else shares[model.predict(batch), rows]
    # Of a text column, the place of its category stands for the value.
    values = [
        batch[:, where].argmax(axis=1) if len(where) > 1 else batch[:, where[0]]
        for where in groups.values()
    ]
    return Dots(own, np.stack(values, axis=1))
