"""Which metrics a statement gets; :mod:`~sqlflow.ml.measuring` computes them.

Choosing comes before anything runs and needs no library; measuring imports scikit-learn, which
takes seconds, when the training is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.attributes import metrics as known
from sqlflow.attributes.specs import Task
from sqlflow.errors import DataError
from sqlflow.ml import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DEFAULTS = {
    Task.CLASSIFICATION: ("accuracy",),
    Task.REGRESSION: ("root_mean_squared_error", "r2"),
    Task.CLUSTERING: ("silhouette",),
    Task.OUTLIERS: (),
}


def choose(asked: Sequence[str] | None, task: Task, *, default: Sequence[str] = ()) -> list[str]:
    """Return the metrics to compute.

    Args:
        asked: of ``validation.metrics``, canonical names; None if it is not given.
        task: of the model.
        default: what an absent ``asked`` stands for; the task's own few if empty.

    Raises:
        DataError: one does not fit the model's task.
    """
    if asked is None:
        return list(default or _DEFAULTS[task])
    fitting = known.names_for(task)
    for name in asked:
        if name not in fitting:
            hint = names.suggest(name, fitting, what="there are")
            raise DataError(f"validation.metrics: {name} does not measure {task}{hint}")
    return list(asked)


def sentence(values: Mapping[str, float]) -> str:
    """Return the values as a part of a line."""
    return ", ".join(f"{name} = {value:.6g}" for name, value in values.items())
