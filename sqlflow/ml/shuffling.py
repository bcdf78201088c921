"""The importance of features of models that can only be asked: shuffle one, see what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sqlflow.attributes.specs import Task
from sqlflow.ml import measuring
from sqlflow.ml.estimators import Examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.ml.estimators import Fitted
    from sqlflow.ml.labels import Label
    from sqlflow.ml.measuring import Outcome

_REPEATS = 5


def rises(
    model: Fitted, examples: Examples, groups: Mapping[str, list[int]], label: Label
) -> dict[str, float]:
    """Return for each feature how much the loss rises when its cells are shuffled.

    Without a label the truth is what the model says of the rows as they are.

    Args:
        model: the model that is asked.
        examples: the rows.
        groups: the columns of the matrix that are one feature.
        label: what the model predicts.
    """
    found = measuring.outcome(model, examples, label)
    truth = found.predicted if examples.target is None else examples.target
    base = 0.0 if examples.target is None else _loss(found, label.task)
    draw = np.random.default_rng(0)
    matrix = examples.matrix.copy()
    risen = {}
    for name, where in groups.items():
        losses = []
        for _ in range(_REPEATS):
            matrix[:, where] = examples.matrix[:, where][draw.permutation(examples.rows)]
            changed = measuring.outcome(model, Examples(matrix, truth), label)
            losses.append(_loss(changed, label.task))
        matrix[:, where] = examples.matrix[:, where]
        risen[name] = float(np.mean(losses) - base)
    return risen


def _loss(found: Outcome, task: Task) -> float:
    if task in (Task.CLASSIFICATION, Task.REGRESSION):
        return measuring.loss(found, task)
    return float(np.mean(found.truth != found.predicted))
