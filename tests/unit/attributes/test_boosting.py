"""XGBoost itself knows every parameter that is accepted, and takes its default to be ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb

from sqlflow.attributes import boosting, objectives

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 24
MATRIX = np.random.default_rng(0).random((ROWS, 3))
TARGETS: dict[str, Any] = {"binary:": np.arange(ROWS) % 2, "multi:": np.arange(ROWS) % 3}
NUMBERS = np.linspace(0.1, 0.9, ROWS)

# What a parameter needs beside it to have an effect, and a value where its default is none.
COMPANY: dict[str, dict[str, Any]] = {
    "num_class": {"objective": "multi:softmax", "num_class": 3},
    "tweedie_variance_power": {"objective": "reg:tweedie"},
    "quantile_alpha": {"objective": "reg:quantileerror", "quantile_alpha": 0.5},
    "huber_slope": {"objective": "reg:pseudohubererror"},
    "objective": {"objective": "reg:squarederror"},
    "base_score": {"base_score": 0.5},
    "monotone_constraints": {"monotone_constraints": (1, 0, 0)},
    "interaction_constraints": {"interaction_constraints": "[[0, 1]]"},
    "top_k": {"updater": "coord_descent", "feature_selector": "greedy"},
}
_QUIET = {"nthread": 1, "verbosity": 0}
PARAMETERS = [
    (spec.name, name)
    for spec in boosting.MODELS
    for name in spec.attributes
    if "." not in name and name != "eval_metric"
]


@pytest.mark.parametrize(("model", "name"), PARAMETERS)
def test_parameter_is_one_of_xgboost_and_has_the_default_that_is_documented(model, name):
    settings = dict(_settings(_train(model, **COMPANY.get(name, {}))))

    assert name in settings
    spec = next(spec for spec in boosting.MODELS if spec.name == model)
    default: Any = spec.attributes[name].default
    if default is not None and name not in COMPANY.get(name, {}):
        expected = default if isinstance(default, str) else pytest.approx(float(default))
        assert settings[name] == expected


@pytest.mark.parametrize("objective", objectives.OBJECTIVES)
def test_objective_trains(objective):
    extra: dict[str, float] = {"num_class": 3} if objective.startswith("multi:") else {}
    if objective == "reg:quantileerror":
        extra["quantile_alpha"] = 0.5

    booster = _train("xgboost.gbtree", objective=objective, **extra)

    assert booster.num_boosted_rounds() == 1


@pytest.mark.parametrize("metric", objectives.EVAL_METRICS)
def test_metric_is_measured_with_the_objectives_that_it_is_accepted_for(metric):
    for objective in ("reg:squarederror", "binary:logistic", "multi:softprob", "survival:cox"):
        given = {"objective": objective, "eval_metric": [metric]}
        if all(rule(given) is None for rule in boosting.MODELS[0].rules):
            extra = {"num_class": 3} if objective.startswith("multi:") else {}
            assert _measured(objective, metric, **extra)


def _measured(objective: str, metric: str, **parameters: Any) -> bool:
    found: dict[str, dict[str, list[float]]] = {}
    data = _data(objective)
    xgb.train(
        {"objective": objective, "eval_metric": metric, **_QUIET, **parameters},
        data,
        1,
        evals=[(data, "train")],
        evals_result=found,
        verbose_eval=False,
    )
    return bool(np.isfinite(found["train"][metric]).all())


def _train(model: str, **parameters: Any) -> Any:
    booster = model.partition(".")[2]
    data = _data(str(parameters.get("objective", "")))
    return xgb.train({"booster": booster, **_QUIET, **parameters}, data, 1)


def _data(objective: str) -> Any:
    target = next((t for kind, t in TARGETS.items() if objective.startswith(kind)), NUMBERS)
    return xgb.DMatrix(MATRIX, target, nthread=1)


def _settings(booster: Any) -> Iterator[tuple[str, Any]]:
    """Yield every setting of a trained model, flat."""
    yield from _flat(json.loads(booster.save_config()))


def _flat(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str):
                yield name, _number(item)
            yield from _flat(item)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
