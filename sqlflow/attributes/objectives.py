"""What XGBoost can be asked to learn, and which of its metrics measure that.

Ranking objectives (rows come in groups) and ``survival:aft`` (a label is an interval) are left out,
since a statement can't say what they need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.attributes import metrics
from sqlflow.attributes.rules import only_with
from sqlflow.attributes.specs import Fault, Rule, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.sql.clauses import Value


@dataclass(frozen=True, slots=True)
class Objective:
    """A learning objective, and the task that it makes of the model."""

    task: Task
    doc: str


_C, _R = Task.CLASSIFICATION, Task.REGRESSION

OBJECTIVES: Mapping[str, Objective] = {
    "reg:squarederror": Objective(_R, "squared loss"),
    "reg:squaredlogerror": Objective(_R, "squared log loss; labels > -1"),
    "reg:logistic": Objective(_R, "logistic regression; labels within [0, 1]"),
    "reg:pseudohubererror": Objective(_R, "pseudo-Huber loss"),
    "reg:absoluteerror": Objective(_R, "absolute loss"),
    "reg:quantileerror": Objective(_R, "quantile loss; needs quantile_alpha"),
    "reg:gamma": Objective(_R, "gamma regression with log link; labels > 0"),
    "reg:tweedie": Objective(_R, "Tweedie regression with log link"),
    "count:poisson": Objective(_R, "Poisson regression of counts"),
    "survival:cox": Objective(_R, "Cox regression; a negative label is a censored time"),
    "binary:logistic": Objective(_C, "two classes, by probability"),
    "binary:logitraw": Objective(_C, "two classes, by the score before the logistic function"),
    "binary:hinge": Objective(_C, "two classes, hinge loss, no probabilities"),
    "multi:softmax": Objective(_C, "several classes"),
    "multi:softprob": Objective(_C, "several classes, by probability"),
}

_OF_NUMBERS = ("rmsle", "mape", "mphe", "poisson-nloglik", "gamma-nloglik", "gamma-deviance")
_OF_CLASSES = ("logloss", "error", "merror", "mlogloss", "auc", "aucpr")

EVAL_METRICS = ("rmse", "mae", *_OF_NUMBERS, *_OF_CLASSES, "cox-nloglik", "quantile")

# The objectives that a metric is defined for, where it is not for all.
_LOSSES_OF: Mapping[str, tuple[str, ...]] = {
    "logloss": ("binary:", "reg:logistic"),
    "error": ("binary:", "reg:logistic"),
    "merror": ("multi:",),
    "mlogloss": ("multi:",),
    "aucpr": ("binary:", "multi:"),
    "auc": ("binary:", "multi:"),
    "cox-nloglik": ("survival:cox",),
    "quantile": ("reg:quantileerror",),
    **dict.fromkeys(("rmse", "mae"), ("reg:", "count:", "binary:")),
    **dict.fromkeys(_OF_NUMBERS, ("reg:", "count:")),
}


def _metrics_fit_the_objective(given: Mapping[str, Value]) -> Fault | None:
    names = given.get("validation.metrics")
    if "objective" not in given or not isinstance(names, list):
        return None
    task = OBJECTIVES[str(given["objective"])].task
    fitting = metrics.names_for(task)
    wrong = [name for name in names if name not in fitting]
    if not wrong:
        return None
    return Fault(
        "validation.metrics",
        f"metric {wrong[0]} does not measure objective {given['objective']}, "
        f"which makes a model for {task}",
        f"those for {task} are " + ", ".join(fitting),
    )


def _losses_fit_the_objective(given: Mapping[str, Value]) -> Fault | None:
    objective, names = given.get("objective"), given.get("eval_metric")
    if not isinstance(objective, str) or not isinstance(names, list):
        return None
    for name in names:
        families = _LOSSES_OF.get(str(name), (objective,))
        if not objective.startswith(families):
            needed = " or ".join(f"{f}…" if f.endswith(":") else f for f in families)
            message = f"eval_metric {name} needs objective {needed}, found {objective}"
            return Fault("eval_metric", message)
    return None


def _quantile_needs_alpha(given: Mapping[str, Value]) -> Fault | None:
    if given.get("objective") != "reg:quantileerror" or "quantile_alpha" in given:
        return None
    return Fault(
        "objective", "objective reg:quantileerror needs quantile_alpha", "add quantile_alpha = 0.5"
    )


RULES: tuple[Rule, ...] = (
    only_with("num_class", "objective", ("multi:softmax", "multi:softprob"), None),
    only_with("tweedie_variance_power", "objective", ("reg:tweedie",), None),
    only_with("quantile_alpha", "objective", ("reg:quantileerror",), None),
    only_with("huber_slope", "objective", ("reg:pseudohubererror",), None),
    _quantile_needs_alpha,
    _metrics_fit_the_objective,
    _losses_fit_the_objective,
)
