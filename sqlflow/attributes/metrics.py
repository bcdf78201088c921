"""The metrics that ``validation.metrics`` names.

The names are short; those of scikit-learn's functions and of the 2020 system are understood too.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlflow.attributes.kinds import Choice, ListOf
from sqlflow.attributes.specs import Task


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as shown, and as the column of an EVALUATE table is called.
        task: of the models that it measures.
        also: other spellings, in lower case.
        doc: one line for people.
    """

    name: str
    task: Task
    also: tuple[str, ...]
    doc: str


_C, _R, _K = Task.CLASSIFICATION, Task.REGRESSION, Task.CLUSTERING

METRICS: tuple[Metric, ...] = (
    Metric("accuracy", _C, ("accuracy_score",), "share of rows whose class is right"),
    Metric("balanced_accuracy", _C, ("balanced_accuracy_score",), "mean recall of the classes"),
    Metric("precision", _C, ("precision_score",), "of the rows called a class, the share that is"),
    Metric("recall", _C, ("recall_score",), "of the rows of a class, the share that is found"),
    Metric("f1", _C, ("f1_score",), "harmonic mean of precision and recall"),
    Metric("roc_auc", _C, ("auc", "roc_auc_score"), "area under the ROC curve"),
    Metric("log_loss", _C, ("logloss",), "negative log-likelihood of the right class"),
    Metric("zero_one_loss", _C, (), "share of rows whose class is wrong"),
    Metric("cohen_kappa", _C, ("cohen_kappa_score",), "agreement beyond chance"),
    Metric("matthews_corrcoef", _C, (), "Matthews correlation coefficient"),
    Metric("mean_squared_error", _R, ("mse", "meansquarederror"), "mean of the squared errors"),
    Metric(
        "root_mean_squared_error", _R, ("rmse", "rootmeansquarederror"), "square root of that mean"
    ),
    Metric("mean_absolute_error", _R, ("mae", "meanabsoluteerror"), "mean of the errors' sizes"),
    Metric(
        "mean_absolute_percentage_error",
        _R,
        ("mape", "meanabsolutepercentageerror"),
        "mean of the errors' sizes relative to the labels",
    ),
    Metric("median_absolute_error", _R, (), "median of the errors' sizes"),
    Metric("max_error", _R, (), "largest of the errors' sizes"),
    Metric("r2", _R, ("r2_score",), "share of the variance that is explained"),
    Metric(
        "explained_variance",
        _R,
        ("explained_variance_score",),
        "the same, a constant error left out",
    ),
    Metric(
        "silhouette", _K, ("silhouette_score",), "how much nearer rows are to their own cluster"
    ),
)


def names_for(task: Task) -> tuple[str, ...]:
    """Return the names of the metrics that measure models of a task; of all, for OBJECTIVE."""
    return tuple(metric.name for metric in _of(task))


def kind_for(task: Task) -> ListOf:
    """Return the kind of ``validation.metrics`` for models of a task."""
    also = {other: metric.name for metric in _of(task) for other in metric.also}
    return ListOf(Choice(names_for(task), also), split=True)


def _of(task: Task) -> tuple[Metric, ...]:
    return tuple(metric for metric in METRICS if task in {metric.task, Task.OBJECTIVE})
