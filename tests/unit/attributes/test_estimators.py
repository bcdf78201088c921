"""The table of estimators says what scikit-learn itself would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sklearn.utils import all_estimators
from sklearn.utils._param_validation import InvalidParameterError

from sqlflow import attributes
from sqlflow.attributes import estimators
from sqlflow.sql import clauses

if TYPE_CHECKING:
    from sqlflow.sql.clauses import Value

CLASSES = dict(all_estimators())
VALUES: tuple[Value, ...] = (
    0,
    1,
    2,
    -1,
    0.0,
    0.5,
    1.0,
    7,
    1e6,
    True,
    None,
    "auto",
    "no such word",
    [1, 2],
    [0.5],
)


def test_every_estimator_is_either_described_or_refused():
    refused = {name for names in estimators.refusals().values() for name in names}

    described = {name.rpartition(".")[2] for name in estimators.names()}

    assert described | {name.rpartition(".")[2] for name in refused} == set(CLASSES)
    assert described.isdisjoint(name.rpartition(".")[2] for name in refused)


def test_names_are_those_under_which_scikit_learn_is_imported():
    for name in ("sklearn.svm.SVC", "sklearn.linear_model.Ridge", "sklearn.cluster.KMeans"):
        assert name in estimators.names()


def test_parameters_of_a_forest():
    spec = attributes.lookup("RandomForestClassifier")

    assert spec is not None
    assert spec.attributes["model.n_estimators"].default == 100
    assert spec.attributes["model.n_estimators"].kind.describe() == "a whole number ≥ 1"
    assert spec.attributes["model.criterion"].kind.describe() == ("one of entropy, gini, log_loss")
    assert "model.base_estimator" not in spec.attributes


@pytest.mark.parametrize("name", estimators.names())
def test_what_is_accepted_is_what_scikit_learn_accepts(name):
    spec = attributes.lookup(name)
    assert spec is not None
    short = name.rpartition(".")[2]
    for attribute in spec.attributes.values():
        if attribute.name.startswith("model."):
            for value in VALUES:
                if attribute.kind.accepts(value):
                    parameter = attribute.name.removeprefix("model.")
                    assert _valid(short, parameter, attribute.kind.convert(value)), (
                        f"{attribute.name} = {value!r}"
                    )


def _valid(name: str, parameter: str, value: Value) -> bool:
    estimator = CLASSES[name]().set_params(**{parameter: value})
    try:
        estimator._validate_params()
    except InvalidParameterError as error:
        return f"The {parameter!r} parameter" not in str(error)
    return True


def test_whole_and_fraction_are_told_apart():
    clause = clauses.Train(
        model_class="RandomForestClassifier",
        attributes={"model.max_features": 1, "model.max_samples": 1.0},
        into="m",
    )

    checked = attributes.check(clause)

    assert repr(checked.attributes) == "{'model.max_features': 1, 'model.max_samples': 1.0}"
