"""What is known of model classes, and that it is so."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sqlflow import attributes
from sqlflow.attributes import Family, Task
from sqlflow.attributes.models import BUILT_IN
from sqlflow.sql import clauses


def test_estimators_have_a_full_and_a_short_name():
    full = attributes.lookup("sklearn.ensemble.RandomForestClassifier")

    assert full is not None
    assert full is attributes.lookup("RandomForestClassifier")
    assert full.name == "sklearn.ensemble.RandomForestClassifier"
    assert full.family is Family.SKLEARN
    assert full.task is Task.CLASSIFICATION


@pytest.mark.parametrize(
    ("name", "family", "task"),
    [
        ("xgboost.gbtree", Family.XGBOOST, Task.OBJECTIVE),
        ("xgboost.dart", Family.XGBOOST, Task.OBJECTIVE),
        ("xgboost.gblinear", Family.XGBOOST, Task.OBJECTIVE),
        ("DNNClassifier", Family.NEURAL, Task.CLASSIFICATION),
        ("DNNRegressor", Family.NEURAL, Task.REGRESSION),
        ("LinearClassifier", Family.LINEAR, Task.CLASSIFICATION),
        ("LinearRegressor", Family.LINEAR, Task.REGRESSION),
        ("sklearn.linear_model.Ridge", Family.SKLEARN, Task.REGRESSION),
        ("sklearn.cluster.KMeans", Family.SKLEARN, Task.CLUSTERING),
        ("sklearn.mixture.GaussianMixture", Family.SKLEARN, Task.CLUSTERING),
        ("sklearn.ensemble.IsolationForest", Family.SKLEARN, Task.OUTLIERS),
    ],
)
def test_family_and_task(name, family, task):
    spec = attributes.lookup(name)

    assert spec is not None
    assert (spec.name, spec.family, spec.task) == (name, family, task)


def test_an_unknown_name_is_none():
    assert attributes.lookup("SVM") is None


def test_defaults_are_those_of_the_model_class():
    clause = clauses.Train(model_class="LinearRegressor", attributes={"train.epoch": 3}, into="m")

    assert attributes.defaults(clause) == {
        "model.l2": 0.0001,
        "optimizer.learning_rate": 0.01,
        "train.epoch": 20,
        "train.batch_size": 32,
        "train.seed": 0,
        "train.verbose": 1,
    }


def test_defaults_of_a_verb():
    assert attributes.defaults(clauses.Explain(model="m")) == {
        "summary.plot_type": "bar",
        "summary.max_display": 20,
    }


@pytest.mark.parametrize("spec", BUILT_IN.values(), ids=BUILT_IN)
def test_every_default_is_a_value_that_is_accepted(spec):
    refused = [
        attribute.name
        for attribute in spec.attributes.values()
        if attribute.default is not None and not attribute.kind.accepts(attribute.default)
    ]

    assert refused == []


@pytest.mark.parametrize("spec", BUILT_IN.values(), ids=BUILT_IN)
def test_every_attribute_is_described(spec):
    assert [a.name for a in spec.attributes.values() if not a.doc] == []


def test_the_package_imports_neither_sqlglot_nor_the_table_of_estimators():
    code = (
        "import sys, sqlflow.attributes as a; a.lookup('DNNClassifier');"
        "print([m for m in ('sqlglot', 'sklearn', 'numpy', 'importlib.resources')"
        " if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
