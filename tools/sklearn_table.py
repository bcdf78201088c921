"""Makes ``sqlflow/attributes/sklearn.json``: scikit-learn's estimators, as far as SQL can say them.

scikit-learn validates constructor parameters by constraints that each class declares: a type, an
interval, a set of words. They are translated into the kinds of ``sqlflow.attributes``; what SQL
can't express (callables, objects, arrays of two dimensions) is left out, and so is a parameter of
which nothing but NULL remains.
"""

from __future__ import annotations

import inspect
import json
import math
import numbers
from typing import TYPE_CHECKING, Any

import sklearn
from sklearn.utils import _param_validation as validation
from sklearn.utils import all_estimators

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TABLE = "sqlflow/attributes/sklearn.json"

_MADE_OF_OTHERS = "it is made of other estimators, which a statement can't name"
_SEVERAL_LABELS = "it needs several labels"
_TRANSFORMS = (
    "it transforms features and predicts nothing; use a classifier, regressor or clustering"
)
_NO_NEW_ROWS = "it groups the rows that it is trained on and can't judge new ones; use KMeans"

_REFUSED = {
    "Birch": "its tree can't be saved without pickle; use MiniBatchKMeans",
    "CCA": _SEVERAL_LABELS,
    "LocalOutlierFactor": "it can't judge new rows; use IsolationForest",
    "MultiTaskElasticNet": _SEVERAL_LABELS,
    "MultiTaskElasticNetCV": _SEVERAL_LABELS,
    "MultiTaskLasso": _SEVERAL_LABELS,
    "MultiTaskLassoCV": _SEVERAL_LABELS,
    "PLSCanonical": _SEVERAL_LABELS,
    "PassiveAggressiveClassifier": "scikit-learn is about to drop it; use SGDClassifier",
    "PassiveAggressiveRegressor": "scikit-learn is about to drop it; use SGDRegressor",
    "SelfTrainingClassifier": _MADE_OF_OTHERS,
}

# Lists that would have to be matrices, groups, or one number a row: no statement can say them.
_NO_LISTS = {
    *("class_weight", "covariance_prior", "init", "interaction_cst", "means_init"),
    *("precisions_init", "precompute", "preference", "seeds"),
}

_LIST: list[Any] = ["list"]
_PLAIN: dict[Any, list[Any]] = {
    "array-like": _LIST,
    list: _LIST,
    tuple: _LIST,
    str: ["text"],
    numbers.Integral: ["whole", None, None, False, False],
    numbers.Real: ["real", None, None, False, False],
    float: ["real", None, None, False, False],
}

_TASKS = {
    "classifier": "classification",
    "regressor": "regression",
    "clusterer": "clustering",
    "density_estimator": "clustering",
    "outlier_detector": "outliers",
}


def generate(out: Path) -> None:
    """Write the table below ``out``."""
    estimators = {}
    refused = {}
    for name, cls in all_estimators():
        reason = _reason(name, cls)
        if reason:
            refused[_full_name(cls)] = reason
        else:
            estimators[name] = {
                "name": _full_name(cls),
                "task": _TASKS[cls().__sklearn_tags__().estimator_type],
                "parameters": dict(_parameters(cls)),
            }
    table = {"version": sklearn.__version__, "estimators": estimators, "refused": refused}
    path = out / TABLE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_pretty(table), encoding="utf-8")


def _reason(name: str, cls: type) -> str:
    if name in _REFUSED:
        return _REFUSED[name]
    signature = inspect.signature(cls).parameters.values()
    if any(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in signature):
        return _MADE_OF_OTHERS
    if hasattr(cls, "predict"):
        return ""
    return _NO_NEW_ROWS if hasattr(cls, "fit_predict") else _TRANSFORMS


def _full_name(cls: type) -> str:
    """Return the public name: ``sklearn.svm.SVC``, not ``sklearn.svm._classes.SVC``."""
    public = [part for part in cls.__module__.split(".") if not part.startswith("_")]
    return ".".join([*public, cls.__name__])


def _parameters(cls: Any) -> Iterator[tuple[str, list[Any]]]:
    for name, parameter in inspect.signature(cls).parameters.items():
        constraints = cls._parameter_constraints.get(name, [])
        if constraints == "no_validation" or parameter.default == "deprecated":
            continue
        kinds = _unique(
            kind
            for constraint in constraints
            for kind in _kinds(constraint)
            if not (kind == _LIST and name in _NO_LISTS)
        )
        if any(kind[0] != "null" for kind in kinds):
            yield name, [kinds, _default(parameter.default)]


def _kinds(constraint: Any) -> Iterator[list[Any]]:
    match constraint:
        case validation.Interval():
            yield _interval(constraint)
        case validation.StrOptions():
            words = constraint.options - (constraint.deprecated or set())
            yield ["choice", *sorted(words)]
        case validation.Options():
            yield from _options(constraint)
        case None:
            yield ["null"]
        case "boolean":
            yield ["boolean"]
        case "verbose":
            yield from (["boolean"], ["whole", 0, None, False, False])
        case "random_state":
            yield from (["whole", 0, 2**32 - 1, False, False], ["null"])
        case "cv_object":
            yield from (["whole", 2, None, False, False], ["null"])
        case _ if constraint in _PLAIN:
            yield _PLAIN[constraint]


def _interval(interval: Any) -> list[Any]:
    kind = {numbers.Integral: "whole", validation.RealNotInt: "fraction"}.get(interval.type, "real")
    return [
        kind,
        _end(interval.left),
        _end(interval.right),
        interval.closed in {"right", "neither"},
        interval.closed in {"left", "neither"},
    ]


def _options(options: Any) -> Iterator[list[Any]]:
    kind = "whole" if options.type is numbers.Integral else "real"
    for number in sorted(o for o in options.options if isinstance(o, numbers.Real)):
        if math.isfinite(number):
            yield [kind, number, number, False, False]


def _end(end: Any) -> float | None:
    return None if end is None or math.isinf(end) else end


def _unique(kinds: Iterable[list[Any]]) -> list[list[Any]]:
    unique: list[list[Any]] = []
    for kind in kinds:
        if kind not in unique:
            unique.append(kind)
    return unique


def _default(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value == "warn":  # a default that is about to change
        return None
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool | int | float | str) else None


def _pretty(table: dict[str, Any]) -> str:
    """Write one line a parameter: the next version of scikit-learn makes a readable diff."""
    lines = [f'{{"version": {json.dumps(table["version"])},', '"estimators": {']
    last = len(table["estimators"]) - 1
    for number, (name, entry) in enumerate(table["estimators"].items()):
        lines.append(f'"{name}": {{"name": "{entry["name"]}", "task": "{entry["task"]}",')
        parameters = [f'  "{p}": {json.dumps(v)}' for p, v in entry["parameters"].items()]
        lines.append('"parameters": {\n' + ",\n".join(parameters) + "}}" + "," * (number != last))
    refused = [f'  "{name}": {json.dumps(why)}' for name, why in table["refused"].items()]
    return "\n".join([*lines, '}, "refused": {', ",\n".join(refused) + "}}"]) + "\n"
