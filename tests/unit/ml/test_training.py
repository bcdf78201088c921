"""TO TRAIN, against a DuckDB file."""

from __future__ import annotations

import json

import pytest

from sqlflow.sql.clauses import ColumnGroup, Feature

SELECT = "SELECT x, k, hue, size FROM t"
FIVE = {"train.num_boost_round": 5}


def card(lab, model="m"):
    return json.loads(lab.sql("SELECT card FROM sqlflow_models WHERE model = ?", [model])[0][0])


def test_messages_come_in_the_order_that_users_know(lab):
    report = lab.train(
        SELECT, label="size", attributes={"train.num_boost_round": 2, "objective": "multi:softmax"}
    )

    kinds = [line.partition(" = ")[0] for line in report.lines]
    assert kinds == [
        "Done verifying",
        "Done code generation",
        "Start training",
        "epoch 0, train_mlogloss",
        "epoch 1, train_mlogloss",
        "Done training",
        "accuracy",
        "Saving model into m",
    ]
    assert report.warnings == []


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("size", 'multi:softprob: the label "size" is taken for 3 classes'),
        ("high", 'binary:logistic: the label "high" is taken for 2 classes'),
        ("k", 'multi:softprob: the label "k" is taken for 7 classes'),
        ("n", 'reg:squarederror: the label "n" is taken for a quantity'),
        ("x", 'reg:squarederror: the label "x" is taken for a quantity'),
    ],
)
def test_an_objective_that_is_not_given_follows_from_the_label(lab, label, said):
    report = lab.train(f"SELECT x * 2 AS z, {label} FROM t", label=label, attributes=FIVE)

    assert report.lines[2] == f"objective = {said}"
    assert card(lab)["attributes"] == FIVE


def test_each_select_that_the_statement_names_runs_once(lab):
    validation = "SELECT x, k, hue, size FROM t WHERE n % 2 = 0"

    lab.train(SELECT, label="size", attributes={**FIVE, "validation.select": validation})

    assert [sql for sql in lab.log if " FROM t" in sql] == [SELECT, validation]


def test_the_data_source_is_free_while_a_model_trains(lab, monkeypatch):
    held = []
    monkeypatch.setattr(
        "sqlflow.ml.rounds.Rounds.over", lambda *_args: held.append(lab.open), raising=True
    )

    lab.train(SELECT, label="size", attributes=FIVE)

    assert held == [0, 0, 0, 0, 0]


def test_a_validation_set_is_measured_each_round_and_in_the_end(lab):
    report = lab.train(
        SELECT,
        label="size",
        attributes={
            **FIVE,
            "validation.select": "SELECT SIZE, x, k, hue FROM t WHERE n % 2 = 0",
            "validation.metrics": "Accuracy, f1",
        },
    )

    assert list(report.events[-1]["metrics"]) == ["train_mlogloss", "validate_mlogloss"]
    assert report.lines[-2] == "accuracy = 1, f1 = 1 on the 30 rows of the validation set"
    assert card(lab)["metrics"] == {"accuracy": 1.0, "f1": 1.0}


def test_training_stops_early_and_keeps_the_best_round(lab):
    # The validation set's labels are shuffled, so the first rounds are the best.
    report = lab.train(
        "SELECT x, high FROM t",
        label="high",
        attributes={
            "train.num_boost_round": 200,
            "train.early_stopping_rounds": 3,
            "train.verbose": 2,
            "validation.select": "SELECT x, k % 2 = 0 AS high FROM t",
        },
    )

    assert len(report.events) == 4
    assert report.warnings == []


def test_the_card_says_what_made_the_model(lab):
    lab.train(SELECT, label="size", attributes=FIVE)

    found = card(lab)
    assert found["statement"] == f"{SELECT} TO …"
    assert found["columns"] == [
        {"name": "x", "type": "double"},
        {"name": "k", "type": "int64"},
        {"name": "hue", "type": "text"},
        {"name": "size", "type": "text"},
    ]
    assert found["label"]["classes"] == '[["low"],["mid"],["top"]]'
    assert found["metrics"] == {"accuracy": 1.0}
    assert {"python", "xgboost-cpu", "scikit-learn", "sqlflow-argo"} <= set(found["versions"])


def test_a_new_model_takes_the_place_of_the_old_one(lab):
    lab.train(SELECT, label="size", attributes=FIVE)
    lab.train("SELECT x, high FROM t", label="high", attributes=FIVE)

    assert lab.sql("SELECT count(*) FROM sqlflow_models") == [(1,)]
    assert lab.sql("SELECT count(DISTINCT version) FROM sqlflow_model_parts") == [(1,)]
    assert card(lab)["label"]["name"] == "high"


def test_a_model_can_lie_in_another_schema(lab):
    lab.sql("CREATE SCHEMA lab2")

    lab.train(SELECT, label="size", attributes=FIVE, into="lab2.m")

    assert lab.sql("SELECT model FROM lab2.sqlflow_models") == [("m",)]


@pytest.mark.parametrize(
    ("model_class", "attributes"),
    [
        ("xgboost.gbtree", {}),
        ("xgboost.dart", {"rate_drop": 0.5}),
        ("DNNClassifier", {}),
        ("RandomForestClassifier", {"model.n_estimators": 5}),
    ],
)
def test_training_twice_gives_the_same_model(lab, model_class, attributes):
    said = []
    for _ in range(2):
        lab.train(SELECT, model_class, label="size", attributes=attributes)
        lab.predict(SELECT)
        said.append((card(lab)["metrics"], lab.sql("SELECT said FROM p ORDER BY x")))

    assert said[0] == said[1]


def test_the_seed_matters(lab):
    first, second = (
        lab.train(SELECT, "DNNClassifier", label="size", attributes={"train.seed": seed}).events
        for seed in (1, 2)
    )

    assert first != second


def test_columns_are_the_features_that_are_named(lab):
    groups = (ColumnGroup((Feature("", ("x",)), Feature("INDICATOR", ("hue",)))),)

    lab.train(SELECT, label="size", columns=groups, attributes=FIVE)

    assert [e["kind"] for e in card(lab)["encoding"]] == ["number", "one-hot"]


def test_nulls_are_missing_to_a_booster(lab):
    report = lab.train(
        "SELECT CASE WHEN k = 0 THEN NULL ELSE x END AS x, hue, size FROM t",
        label="size",
        attributes=FIVE,
    )

    assert report.warnings == []


def test_a_mean_stands_in_for_nulls_in_other_models_and_that_is_said(lab):
    report = lab.train(
        "SELECT CASE WHEN k = 0 THEN NULL ELSE x END AS x, hue, size FROM t",
        "LogisticRegression",
        label="size",
    )

    assert report.warnings == [
        (
            "NULL in 9 of 60 rows; sklearn.linear_model.LogisticRegression needs a number, so the "
            "mean of the other rows stands in for it"
        )
    ]


def test_an_id_among_the_features_is_pointed_out(lab):
    report = lab.train("SELECT n + 20000000 AS id, size FROM t", label="size", attributes=FIVE)

    assert report.warnings == [
        (
            'column "id" holds whole numbers beyond 16777216, which become equal to their '
            "neighbours as features; is it an id? Then leave it out"
        )
    ]


def test_a_regressor_is_measured_by_its_errors(lab):
    report = lab.train("SELECT x, n FROM t", "LinearRegression", label="n")

    assert report.lines[-2].startswith("root_mean_squared_error = ")
    assert card(lab)["metrics"]["r2"] == pytest.approx(1.0)


def test_a_clustering_needs_no_label(lab):
    report = lab.train("SELECT x FROM t", "KMeans", attributes={"model.n_clusters": 3})

    assert report.lines[-2].startswith("silhouette = ")


@pytest.mark.parametrize(
    ("model_class", "attributes"),
    [
        ("xgboost.gbtree", FIVE),
        ("DNNClassifier", {"train.epoch": 5}),
        ("LinearClassifier", {"train.epoch": 5}),
    ],
)
def test_a_training_goes_on_from_a_saved_model(lab, model_class, attributes):
    first = lab.train(SELECT, model_class, label="size", attributes=attributes)
    second = lab.train(
        SELECT, model_class, label="size", attributes=attributes, warm_start="m", into="m2"
    )

    (name,) = first.events[0]["metrics"]
    assert second.events[0]["done"] == 1
    assert second.events[0]["metrics"][name] < first.events[-1]["metrics"][name]


def test_an_estimator_with_partial_fit_goes_on(lab):
    lab.train(SELECT, "GaussianNB", label="size")

    lab.train(SELECT, "GaussianNB", label="size", warm_start="m", into="m2")

    assert card(lab, "m2")["metrics"]["accuracy"] > 0.9
