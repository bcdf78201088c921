"""Finds a model class by its name."""

from __future__ import annotations

import difflib

from sqlflow.attributes import boosting, estimators, networks
from sqlflow.attributes.specs import Fault, ModelSpec

BUILT_IN = {spec.name: spec for spec in (*boosting.MODELS, *networks.MODELS)}

# What the 2020 system called something that has another name here.
_FORMER = {
    "BoostedTreesClassifier": "xgboost.gbtree",
    "BoostedTreesRegressor": "xgboost.gbtree",
    "XGBClassifier": "xgboost.gbtree",
    "XGBRegressor": "xgboost.gbtree",
}


def lookup(model_class: str) -> ModelSpec | None:
    """Find a model class; None if there is none of that name that a statement can train."""
    return BUILT_IN.get(model_class) or estimators.lookup(model_class)


def unknown(model_class: str) -> Fault:
    """Say why :func:`lookup` found nothing, with what may have been meant."""
    if "/" in model_class:
        return Fault("", f"not supported yet: a model class from an image, '{model_class}'")
    if reason := estimators.refusal(model_class):
        return Fault("", f"'{model_class}' can't be trained by a statement: {reason}")
    return Fault("", f"unknown model class '{model_class}'", _meant(model_class))


def _meant(model_class: str) -> str:
    last = model_class.rpartition(".")[2]
    best = _FORMER.get(last) or _near(model_class)
    return f"did you mean '{best}'?" if best else ""


def _near(model_class: str) -> str:
    """Find the name that looks most like it, upper and lower case aside."""
    full = {name.lower(): name for name in (*BUILT_IN, *estimators.names())}
    short = {name.rpartition(".")[2]: full[name] for name in full}
    for known, asked in ((full, model_class), (short, model_class.rpartition(".")[2])):
        near = difflib.get_close_matches(asked.lower(), known, n=1, cutoff=0.75)
        if near:
            return known[near[0]]
    return ""
