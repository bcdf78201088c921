"""TO EXPLAIN, against a DuckDB file: `x` decides, `k` is noise."""

from __future__ import annotations

import sys

import pytest

from sqlflow.errors import DataError, NotSupportedError
from sqlflow.sql.clauses import ColumnGroup, Explain, Feature

SELECT = "SELECT k, x, hue, high FROM t"
PNG = b"\x89PNG\r\n\x1a\n"


def explain(lab, select=SELECT, **fields):
    return lab.run(select, Explain(**{"model": "m", **fields}))


@pytest.mark.parametrize(
    ("model_class", "measure"),
    [
        ("xgboost.gbtree", "mean |SHAP value|"),
        ("xgboost.gblinear", "mean |SHAP value|"),
        ("LinearClassifier", "mean |SHAP value|"),
        ("LogisticRegression", "mean |SHAP value|"),
        ("DecisionTreeClassifier", "rise of the loss when shuffled"),
        ("DNNClassifier", "rise of the loss when shuffled"),
    ],
)
def test_the_feature_that_decides_comes_first(lab, model_class, measure):
    lab.train(SELECT, model_class, label="high")

    report = explain(lab)

    assert report.lines[:5] == [
        "Done verifying",
        "Done code generation",
        "Start explaining",
        "Done explaining",
        f"m: {measure}, 60 rows",
    ]
    assert report.lines[5].startswith("x ")
    assert report.lines[5].endswith("█" * 24)
    (png, alt) = report.figures[0]
    assert png.startswith(PNG)
    assert alt.startswith(f"m: {measure}, 60 rows; x ")
    assert report.warnings == []


def test_several_classes_are_one_importance(lab):
    lab.train("SELECT k, x, size FROM t", label="size")

    explain(lab, "SELECT k, x FROM t", into="e")

    assert lab.sql("SELECT feature FROM e") == [("x",), ("k",)]


def test_shap_values_of_a_linear_model_are_weight_times_distance_from_the_mean(lab):
    # n = 10 x, and x is 2.95 in the mean: the mean distance from it is 1.5.
    lab.train("SELECT x, n FROM t", "LinearRegression", label="n")

    explain(lab, "SELECT x FROM t", into="e")

    assert lab.sql("SELECT feature, round(importance, 3) FROM e") == [("x", 15.0)]


def test_into_a_table_makes_no_picture(lab):
    lab.train(SELECT, label="high")

    report = explain(lab, into="e")

    assert report.figures == []
    assert report.lines[-1] == "3 rows in e"
    assert [row[:2] for row in lab.sql("DESCRIBE e")] == [
        ("feature", "VARCHAR"),
        ("importance", "DOUBLE"),
    ]


def test_a_text_column_is_one_feature(lab):
    lab.train("SELECT hue, x, n % 3 = 0 AS red FROM t", label="red")

    explain(lab, "SELECT hue, x FROM t", into="e")

    assert lab.sql("SELECT feature FROM e") == [("hue",), ("x",)]


def test_a_column_that_is_two_features_counts_once(lab):
    groups = (ColumnGroup((Feature("", ("k",)), Feature("INDICATOR", ("k",)))),)
    lab.train("SELECT k, high FROM t", "DecisionTreeClassifier", label="high", columns=groups)

    explain(lab, "SELECT k, high FROM t", into="e")

    assert lab.sql("SELECT feature FROM e") == [("k",)]


def test_a_clustering_is_explained_by_the_rows_that_change(lab):
    lab.train("SELECT x * 100 AS x, k FROM t", "KMeans", attributes={"model.n_clusters": 3})

    report = explain(lab, "SELECT x * 100 AS x, k FROM t")

    assert report.lines[4] == "m: share of rows that change when shuffled, 60 rows"
    assert report.lines[5].startswith("x ")


def test_only_the_first_features_are_shown(lab):
    lab.train(SELECT, label="high")

    report = explain(lab, attributes={"summary.max_display": 1})

    assert report.lines[5].startswith("x ")
    assert report.lines[6:] == ["… and 2 more"]


def test_a_dot_a_row(lab):
    lab.train("SELECT k, x, hue, size FROM t", label="size")

    bars = explain(lab).figures[0][0]
    dots = explain(lab, attributes={"summary.plot_type": "dot"}).figures[0][0]

    assert dots.startswith(PNG)
    assert dots != bars


def test_a_missing_label_is_asked_for_where_it_is_needed(lab):
    lab.train(SELECT, "DecisionTreeClassifier", label="high")

    with pytest.raises(DataError) as error:
        explain(lab, "SELECT k, x, hue FROM t")

    assert str(error.value) == (
        "sklearn.tree.DecisionTreeClassifier is explained by what goes wrong when a feature "
        'is shuffled, which needs the label: add the column "high" to the select'
    )


def test_no_rows(lab):
    lab.train(SELECT, label="high")

    with pytest.raises(DataError) as error:
        explain(lab, SELECT + " WHERE n < 0")

    assert str(error.value) == "there is nothing to explain: the select returned no rows"


def test_other_explainers(lab):
    with pytest.raises(NotSupportedError) as error:
        explain(lab, explainer="XGBoostExplainer")

    assert str(error.value) == (
        "not supported yet: USING XGBoostExplainer; "
        "leave out USING: the exact method for the model is chosen"
    )


def test_without_matplotlib_there_is_the_text_and_a_hint(lab, monkeypatch):
    lab.train(SELECT, label="high")
    monkeypatch.delitem(sys.modules, "sqlflow.ml.drawing", raising=False)
    monkeypatch.delattr("sqlflow.ml.drawing", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)

    report = explain(lab)

    assert report.figures == []
    assert report.lines[5].startswith("x ")
    assert report.warnings[0].startswith("no picture: matplotlib")
    assert report.warnings[0].endswith(
        'is not installed; pip install "sqlflow-argo[explain]" brings it'
    )
