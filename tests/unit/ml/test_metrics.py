"""Metrics of small outcomes, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sqlflow.attributes import Task
from sqlflow.attributes.metrics import names_for
from sqlflow.errors import DataError
from sqlflow.ml.measuring import Outcome, compute, loss
from sqlflow.ml.metrics import choose

# Of four rows of the second class three are found; one row of the first is called the second.
TRUTH = np.array([0, 0, 1, 1, 1, 1])
SAID = np.array([0, 1, 1, 1, 1, 0])
CHANCES = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]])
TWO = Outcome(TRUTH, SAID, CHANCES, np.zeros((6, 1)), 2)
NUMBERS = Outcome(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0]), None, np.zeros((3, 1)), 0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 4 / 6),
        ("balanced_accuracy", (1 / 2 + 3 / 4) / 2),
        ("precision", 3 / 4),
        ("recall", 3 / 4),
        ("f1", 3 / 4),
        ("roc_auc", 7 / 8),
        ("zero_one_loss", 2 / 6),
        ("log_loss", -math.log(0.9 * 0.4 * 0.8 * 0.8 * 0.7 * 0.4) / 6),
    ],
)
def test_of_two_classes(name, expected):
    assert compute([name], TWO) == {name: pytest.approx(expected)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean_squared_error", 5 / 3),
        ("root_mean_squared_error", math.sqrt(5 / 3)),
        ("mean_absolute_error", 1.0),
        ("mean_absolute_percentage_error", 1 / 3),
        ("median_absolute_error", 1.0),
        ("max_error", 2.0),
        ("r2", 1 - 5 / (14 / 3)),
    ],
)
def test_of_numbers(name, expected):
    assert compute([name], NUMBERS) == {name: pytest.approx(expected)}


def test_of_three_classes_the_mean_is_taken():
    truth, said = np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2])
    found = compute(["precision", "recall"], Outcome(truth, said, None, np.zeros((4, 1)), 3))

    assert found == {
        "precision": pytest.approx((1 + 1 / 2 + 1) / 3),
        "recall": pytest.approx((1 + 1 + 1 / 2) / 3),
    }


def test_what_is_not_defined_is_nan():
    one = Outcome(np.array([1, 1]), np.array([1, 1]), None, np.zeros((2, 1)), 2)

    assert math.isnan(compute(["roc_auc"], one)["roc_auc"])
    assert math.isnan(compute(["log_loss"], one)["log_loss"])


@pytest.mark.parametrize("task", [Task.CLASSIFICATION, Task.REGRESSION])
def test_every_metric_that_can_be_asked_for_is_computed(task):
    found = TWO if task is Task.CLASSIFICATION else NUMBERS

    assert set(compute(names_for(task), found)) == set(names_for(task))


def test_a_model_is_judged_by_log_loss_or_errors_or_squares():
    without = Outcome(TRUTH, SAID, None, TWO.matrix, 2)

    assert loss(TWO, Task.CLASSIFICATION) == pytest.approx(compute(["log_loss"], TWO)["log_loss"])
    assert loss(without, Task.CLASSIFICATION) == pytest.approx(2 / 6)
    assert loss(NUMBERS, Task.REGRESSION) == pytest.approx(5 / 3)


def test_a_metric_that_does_not_fit_is_refused():
    with pytest.raises(DataError) as error:
        choose(["accuracy"], Task.REGRESSION)

    assert str(error.value) == (
        "validation.metrics: accuracy does not measure regression; there are "
        "explained_variance, max_error, mean_absolute_error, mean_absolute_percentage_error, "
        "mean_squared_error, median_absolute_error, r2, root_mean_squared_error"
    )
