"""TO PREDICT, against a DuckDB file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from sqlflow.errors import DataError, ModelError
from sqlflow.sql.clauses import ColumnGroup, Feature

SELECT = "SELECT x, k, hue, size FROM t"
TEN = {"train.num_boost_round": 10}


def describe(lab, table="p"):
    return [(name, kind) for name, kind, *_ in lab.sql(f"DESCRIBE {table}")]


@pytest.fixture
def trained(lab):
    lab.train(SELECT, label="size", attributes=TEN)
    return lab


def test_rows_keep_their_columns_and_get_the_prediction_in_the_place_of_the_label(trained):
    report = trained.predict("SELECT n, x, k, hue, size FROM t", column="said")

    assert describe(trained) == [
        ("n", "BIGINT"),
        ("x", "DOUBLE"),
        ("k", "BIGINT"),
        ("hue", "VARCHAR"),
        ("said", "VARCHAR"),
    ]
    assert trained.sql("SELECT count(*) FROM p JOIN t USING (n) WHERE said <> size") == [(0,)]
    assert report.lines == [
        "Done verifying",
        "Done code generation",
        "Start predicting",
        "Done predicting: 60 rows in p",
    ]


def test_the_prediction_may_have_the_labels_name(trained):
    trained.predict(SELECT, column="size")

    assert [name for name, _ in describe(trained)] == ["x", "k", "hue", "size"]


@pytest.mark.parametrize(
    ("label", "kind"), [("high", "BOOLEAN"), ("k", "BIGINT"), ("size", "VARCHAR"), ("x", "DOUBLE")]
)
def test_a_prediction_has_the_type_of_the_label(lab, label, kind):
    lab.train(f"SELECT n, {label} FROM t", label=label, attributes=TEN)

    lab.predict("SELECT n FROM t")

    assert describe(lab)[-1] == ("said", kind)


def test_values_come_through_exactly(trained):
    trained.sql(
        "CREATE TABLE odd AS SELECT 1.5 AS x, 1 AS k, 'red' AS hue, 12.50::DECIMAL(10,2) AS price, "
        "DATE '2020-02-29' AS day, 9007199254740993 AS id, '\\xAA'::BLOB AS raw, NULL::TEXT AS nil"
    )

    trained.predict("SELECT * FROM odd")

    assert trained.sql("SELECT price, day, id, raw, nil, said FROM p") == [
        (Decimal("12.50"), dt.date(2020, 2, 29), 9007199254740993, b"\xaa", None, "low")
    ]
    assert dict(describe(trained))["price"] == "DECIMAL(10,2)"


def test_an_old_table_is_replaced(trained):
    trained.sql("CREATE TABLE p AS SELECT 1 AS old")

    trained.predict(SELECT)

    assert [name for name, _ in describe(trained)] == ["x", "k", "hue", "said"]


def test_a_table_may_be_made_from_itself(trained):
    trained.predict(SELECT)

    trained.predict("SELECT x, k, hue FROM p WHERE said = 'low'")

    assert trained.sql("SELECT DISTINCT said FROM p") == [("low",)]


def test_no_rows_give_an_empty_table(trained):
    trained.predict(SELECT + " WHERE n < 0")

    assert trained.sql("SELECT count(*) FROM p") == [(0,)]
    assert describe(trained)[-1] == ("said", "VARCHAR")


def test_the_select_runs_once(trained):
    trained.log.clear()

    trained.predict(SELECT)

    assert [sql for sql in trained.log if " FROM t" in sql] == [SELECT]


def test_nulls_and_unknown_categories_are_predicted_too(trained):
    trained.predict("SELECT NULL::DOUBLE AS x, 1 AS k, 'mauve' AS hue")

    assert trained.sql("SELECT count(said) FROM p") == [(1,)]


def test_columns_are_found_in_any_case_and_order(trained):
    trained.predict("SELECT HUE AS Hue, K AS K, X AS X FROM t WHERE n = 0")

    assert trained.sql("SELECT said FROM p") == [("low",)]


def test_many_batches_keep_their_order(lab):
    lab.train("SELECT n, n >= 30 AS high FROM t", label="high", attributes=TEN)

    lab.predict("SELECT i % 60 AS n, i FROM range(20000) r(i)")

    assert lab.sql("SELECT count(*), count(*) FILTER (said <> (n >= 30)) FROM p") == [(20000, 0)]
    assert lab.sql("SELECT count(DISTINCT i) FROM p") == [(20000,)]


@pytest.mark.parametrize(
    "model_class",
    [
        "xgboost.gbtree",
        "xgboost.dart",
        "xgboost.gblinear",
        "DNNClassifier",
        "LinearClassifier",
        "ExtraTreeClassifier",
        "sklearn.linear_model.LogisticRegression",
        "KNeighborsClassifier",
        "SVC",
    ],
)
def test_each_family_predicts_what_it_learned(lab, model_class):
    lab.train("SELECT x, hue, high FROM t", model_class, label="high")

    lab.predict("SELECT n, x, hue FROM t")

    wrong = lab.sql("SELECT count(*) FROM p WHERE said <> (n >= 30)")[0][0]
    assert wrong <= 6


@pytest.mark.parametrize(
    ("model_class", "attributes"),
    [
        ("xgboost.gbtree", {"train.num_boost_round": 50}),
        ("DNNRegressor", {"train.epoch": 100}),
        ("LinearRegressor", {"train.epoch": 50}),
        ("Ridge", {}),
    ],
)
def test_each_family_predicts_numbers(lab, model_class, attributes):
    lab.train("SELECT x, n FROM t", model_class, label="n", attributes=attributes)

    lab.predict("SELECT n AS truth, x FROM t")

    assert lab.sql("SELECT max(abs(said - truth)) < 6 FROM p") == [(True,)]


def test_clusters_are_numbers(lab):
    lab.train("SELECT x FROM t", "KMeans", attributes={"model.n_clusters": 3})

    lab.predict("SELECT x FROM t", column="cluster")

    assert lab.sql("SELECT DISTINCT cluster FROM p ORDER BY 1") == [(0,), (1,), (2,)]
    assert describe(lab)[-1] == ("cluster", "BIGINT")


def test_dense_texts_are_features(lab):
    groups = (ColumnGroup((Feature("DENSE", ("v", 2, "COMMA")),)),)
    lab.train(
        "SELECT n || ',' || k AS v, high FROM t", label="high", columns=groups, attributes=TEN
    )

    lab.predict("SELECT '59,3' AS v UNION ALL SELECT '1,3' ORDER BY v")

    assert lab.sql("SELECT v, said FROM p ORDER BY v") == [("1,3", False), ("59,3", True)]


def refused(lab, select=SELECT, **fields):
    with pytest.raises((DataError, ModelError)) as error:
        lab.predict(select, **fields)
    assert lab.report.lines == []
    assert lab.sql("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'p'") == [(0,)]
    return str(error.value)


def test_a_model_that_does_not_exist(trained):
    trained.train(SELECT, label="size", attributes=TEN, into="iris_model")

    assert refused(trained, model="iris_modle") == (
        'there is no model "iris_modle"; did you mean "iris_model"?'
    )
    assert refused(trained, model="zzz") == 'there is no model "zzz"; there are iris_model, m'


def test_no_models_at_all(lab):
    assert refused(lab) == 'there is no model "m"; no model was saved in this place yet'


def test_a_model_of_other_columns(trained):
    assert refused(trained, "SELECT x, k FROM t") == (
        'model "m" does not fit the select: the model learns from the column "hue", which the '
        "select does not return; it returns k, x"
    )


def test_a_column_of_another_type(trained):
    assert refused(trained, "SELECT hue AS x, k, hue FROM t") == (
        'model "m" does not fit the select: "x" was double when it was trained, here it is text'
    )


def test_a_name_that_the_select_returns_already(trained):
    assert refused(trained, column="K") == (
        'the select returns a column "k" already; give the prediction another name than p.K'
    )


def test_a_damaged_model(trained):
    trained.sql("UPDATE sqlflow_models SET card = replace(card, 'mid', 'bad')")

    assert refused(trained) == (
        'model "m" is damaged: what the data source holds is not what was saved; train it again'
    )
