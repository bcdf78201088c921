"""TO EVALUATE, against a DuckDB file."""

from __future__ import annotations

import pytest

from sqlflow.errors import DataError, ModelError
from sqlflow.sql.clauses import Evaluate

SELECT = "SELECT x, high FROM t"


@pytest.fixture
def trained(lab):
    lab.train(SELECT, "LogisticRegression", label="high")
    return lab


def evaluate(lab, select=SELECT, **fields):
    return lab.run(select, Evaluate(**{"model": "m", "label": "high", "into": "e", **fields}))


def test_loss_and_the_metrics_that_are_asked_for(trained):
    # One row of ten is called wrong on purpose.
    report = evaluate(
        trained,
        "SELECT x, CASE WHEN n = 0 THEN true ELSE high END AS high FROM t WHERE n % 6 = 0",
        attributes={"validation.metrics": ["Accuracy", "recall"]},
    )

    assert trained.sql("SELECT accuracy, recall, loss > 0 FROM e") == [(0.9, 5 / 6, True)]
    assert report.lines[:3] == ["Done verifying", "Done code generation", "Start evaluating"]
    assert report.lines[3].endswith("accuracy = 0.9, recall = 0.833333")


def test_without_a_choice_all_metrics_that_fit(trained):
    evaluate(trained)

    assert [name for name, *_ in trained.sql("DESCRIBE e")] == [
        "loss",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "roc_auc",
        "log_loss",
        "zero_one_loss",
        "cohen_kappa",
        "matthews_corrcoef",
    ]


def test_what_is_not_defined_is_null(lab):
    lab.train(SELECT, "LinearSVC", label="high")

    evaluate(lab)

    assert lab.sql("SELECT roc_auc FROM e") == [(None,)]


def test_a_regression_is_judged_by_its_squared_errors(lab):
    lab.train("SELECT x, n FROM t", "LinearRegression", label="n")

    evaluate(lab, "SELECT x, n + 2 AS n FROM t", label="n")

    assert lab.sql("SELECT round(loss, 3), round(mean_absolute_error, 3) FROM e") == [(4.0, 2.0)]


def test_the_label_may_have_another_name_here(trained):
    evaluate(trained, "SELECT x, high AS truth FROM t", label="truth")

    assert trained.sql("SELECT count(*) FROM e") == [(1,)]


def refused(lab, select=SELECT, **fields):
    with pytest.raises((DataError, ModelError)) as error:
        evaluate(lab, select, **fields)
    assert lab.report.lines == []
    return str(error.value)


def test_no_rows(trained):
    assert refused(trained, SELECT + " WHERE n < 0") == (
        "there is nothing to evaluate: the select returned no rows"
    )


def test_a_label_that_is_not_there(trained):
    assert refused(trained, label="hihg") == (
        'the label "hihg" is not a column of the select; did you mean "high"?'
    )


def test_a_metric_of_another_task(trained):
    assert refused(trained, attributes={"validation.metrics": "mae"}).startswith(
        "validation.metrics: mean_absolute_error does not measure classification"
    )


def test_a_model_without_a_label(lab):
    lab.train("SELECT x FROM t", "KMeans", attributes={"model.n_clusters": 3})

    assert refused(lab) == ('model "m" learned without a label; there is nothing to evaluate it by')
