"""What a program is told about its attributes, in full."""

from __future__ import annotations

from typing import Any

import pytest

from sqlflow import attributes
from sqlflow.sql import clauses


def train(model_class: str, **given: Any) -> attributes.Checked:
    """Check a TRAIN clause; ``__`` stands for the dot in a name."""
    named = {name.replace("__", "."): value for name, value in given.items()}
    return attributes.check(clauses.Train(model_class=model_class, attributes=named, into="m"))


def only_fault(checked: attributes.Checked) -> attributes.Fault:
    (fault,) = checked.faults
    return fault


def text(fault: attributes.Fault) -> str:
    return f"{fault.message}; {fault.hint}" if fault.hint else fault.message


def test_right_attributes_come_back_in_their_types():
    checked = train(
        "xgboost.gbtree",
        objective="multi:softprob",
        num_class=3,
        eta=1,
        eval_metric="mlogloss, merror",
        train__num_boost_round=20,
    )

    assert checked.faults == ()
    assert checked.attributes == {
        "objective": "multi:softprob",
        "num_class": 3,
        "eta": 1.0,
        "eval_metric": ["mlogloss", "merror"],
        "train.num_boost_round": 20,
    }
    assert isinstance(checked.attributes["eta"], float)


def test_defaults_are_not_filled_in():
    assert train("DNNClassifier").attributes == {}


@pytest.mark.parametrize(
    ("model_class", "given", "expected"),
    [
        (
            "xgboost.gbtree",
            {"train__num_bost_round": 5},
            (
                "unknown attribute 'train.num_bost_round' of xgboost.gbtree; "
                "did you mean 'train.num_boost_round'?"
            ),
        ),
        (
            "xgboost.gbtree",
            {"model__max_depth": 5},
            "unknown attribute 'model.max_depth' of xgboost.gbtree; did you mean 'max_depth'?",
        ),
        (
            "xgboost.gbtree",
            {"learning_rate": 0.1},
            "unknown attribute 'learning_rate' of xgboost.gbtree; did you mean 'eta'?",
        ),
        (
            "RandomForestClassifier",
            {"n_estimators": 5},
            (
                "unknown attribute 'n_estimators' of sklearn.ensemble.RandomForestClassifier; "
                "did you mean 'model.n_estimators'?"
            ),
        ),
        (
            "DNNClassifier",
            {"train__rounds_of_golf": 5},
            "unknown attribute 'train.rounds_of_golf' of DNNClassifier",
        ),
    ],
)
def test_unknown_attribute(model_class, given, expected):
    assert text(only_fault(train(model_class, **given))) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"train__num_boost_round": "abc"},
            (
                "attribute 'train.num_boost_round' of xgboost.gbtree: "
                "expected a whole number ≥ 1, found 'abc'"
            ),
        ),
        (
            {"train__num_boost_round": "10"},
            (
                "attribute 'train.num_boost_round' of xgboost.gbtree: "
                "expected a whole number ≥ 1, found '10'; write 10 without quotes"
            ),
        ),
        (
            {"max_depth": 6.5},
            "attribute 'max_depth' of xgboost.gbtree: expected a whole number ≥ 0, found 6.5",
        ),
        (
            {"max_depth": True},
            "attribute 'max_depth' of xgboost.gbtree: expected a whole number ≥ 0, found TRUE",
        ),
        (
            {"eta": [0.1, 0.2]},
            "attribute 'eta' of xgboost.gbtree: expected a number > 0 and ≤ 1, found [0.1, 0.2]",
        ),
        (
            {"eta": None},
            "attribute 'eta' of xgboost.gbtree: expected a number > 0 and ≤ 1, found NULL",
        ),
        (
            {"validation__select": ""},
            (
                "attribute 'validation.select' of xgboost.gbtree: "
                "expected the text of a query, found ''"
            ),
        ),
        (
            {"interaction_constraints": [[0, 1], 2]},
            (
                "attribute 'interaction_constraints' of xgboost.gbtree: expected each of "
                "interaction_constraints to be a list, each a whole number ≥ 0, found 2"
            ),
        ),
    ],
)
def test_wrong_type(given, expected):
    assert text(only_fault(train("xgboost.gbtree", **given))) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"eta": 3}, "attribute 'eta' of xgboost.gbtree: expected 0 < eta ≤ 1, found 3"),
        ({"eta": 0.0}, "attribute 'eta' of xgboost.gbtree: expected 0 < eta ≤ 1, found 0.0"),
        ({"gamma": -1}, "attribute 'gamma' of xgboost.gbtree: expected gamma ≥ 0, found -1"),
        (
            {"tweedie_variance_power": 2},
            (
                "attribute 'tweedie_variance_power' of xgboost.gbtree: "
                "expected 1 < tweedie_variance_power < 2, found 2"
            ),
        ),
        (
            {"monotone_constraints": [1, 0, -2]},
            (
                "attribute 'monotone_constraints' of xgboost.gbtree: "
                "expected -1 ≤ each of monotone_constraints ≤ 1, found -2"
            ),
        ),
    ],
)
def test_out_of_range(given, expected):
    assert text(only_fault(train("xgboost.gbtree", **given))) == expected


def test_not_a_choice():
    fault = only_fault(train("DNNRegressor", model__optimizer="Adan"))

    assert text(fault) == (
        "attribute 'model.optimizer' of DNNRegressor: expected one of Adam, SGD, found 'Adan'; "
        "did you mean 'Adam'?"
    )


def test_the_wrong_one_of_a_list_is_named():
    fault = only_fault(train("KMeans", validation__metrics=["silhouette", "r3"]))

    assert text(fault) == (
        "attribute 'validation.metrics' of sklearn.cluster.KMeans: "
        "expected each of validation.metrics to be 'silhouette', found 'r3'"
    )


def test_a_value_that_may_be_of_several_kinds():
    fault = only_fault(train("RandomForestClassifier", model__max_features="sqr"))

    assert text(fault) == (
        "attribute 'model.max_features' of sklearn.ensemble.RandomForestClassifier: expected "
        "a whole number ≥ 1, or a number with a point > 0 and ≤ 1, or one of log2, sqrt, or NULL, "
        "found 'sqr'; did you mean 'sqrt'?"
    )


def test_a_long_text_is_cut_in_the_message():
    fault = only_fault(train("xgboost.gbtree", eta="x" * 5000))

    assert fault.message == (
        "attribute 'eta' of xgboost.gbtree: expected a number > 0 and ≤ 1, found '"
        + "x" * 60
        + "…'"
    )


def test_all_faults_are_found_at_once():
    checked = train("xgboost.gbtree", eta=3, max_dept=4, max_depth=3)

    assert [fault.attribute for fault in checked.faults] == ["eta", "max_dept"]
    assert checked.attributes == {"max_depth": 3}


@pytest.mark.parametrize(
    ("model_class", "expected"),
    [
        ("xgboost.gbtre", "unknown model class 'xgboost.gbtre'; did you mean 'xgboost.gbtree'?"),
        ("dnnclassifier", "unknown model class 'dnnclassifier'; did you mean 'DNNClassifier'?"),
        (
            "sklearn.ensemble.RandomForrestClassifier",
            (
                "unknown model class 'sklearn.ensemble.RandomForrestClassifier'; "
                "did you mean 'sklearn.ensemble.RandomForestClassifier'?"
            ),
        ),
        (
            "sklearn.tree.SVC",
            "unknown model class 'sklearn.tree.SVC'; did you mean 'sklearn.svm.SVC'?",
        ),
        (
            "BoostedTreesClassifier",
            "unknown model class 'BoostedTreesClassifier'; did you mean 'xgboost.gbtree'?",
        ),
        ("Oracle", "unknown model class 'Oracle'"),
        (
            "PCA",
            (
                "'PCA' can't be trained by a statement: it transforms features and predicts "
                "nothing; use a classifier, regressor or clustering"
            ),
        ),
        (
            "sklearn.pipeline.Pipeline",
            (
                "'sklearn.pipeline.Pipeline' can't be trained by a statement: it is made of other "
                "estimators, which a statement can't name"
            ),
        ),
        (
            "Birch",
            (
                "'Birch' can't be trained by a statement: its tree can't be saved without pickle; "
                "use MiniBatchKMeans"
            ),
        ),
        (
            "hub.example.com/models:v1/Mine",
            "not supported yet: a model class from an image, 'hub.example.com/models:v1/Mine'",
        ),
    ],
)
def test_model_class_that_is_none(model_class, expected):
    fault = only_fault(train(model_class))

    assert fault.attribute == ""
    assert text(fault) == expected


def test_attributes_of_an_unknown_model_class_are_not_judged():
    assert len(train("xgboost.gbtre", eta=3).faults) == 1


@pytest.mark.parametrize(
    ("model_class", "given", "expected"),
    [
        (
            "xgboost.gbtree",
            {"objective": "binary:logistic", "num_class": 3},
            (
                "'num_class' has an effect only with objective = multi:softmax or "
                "objective = multi:softprob, found binary:logistic"
            ),
        ),
        (
            "xgboost.gbtree",
            {"train__early_stopping_rounds": 3},
            "'train.early_stopping_rounds' has an effect only together with 'validation.select'",
        ),
        (
            "xgboost.gbtree",
            {"objective": "reg:quantileerror"},
            "objective reg:quantileerror needs quantile_alpha; add quantile_alpha = 0.5",
        ),
        (
            "xgboost.gbtree",
            {"tree_method": "exact", "max_depth": 0},
            "tree_method exact needs a max_depth of at least 1",
        ),
        (
            "xgboost.gbtree",
            {"objective": "binary:logistic", "eval_metric": ["auc", "mlogloss"]},
            "eval_metric mlogloss needs objective multi:…, found binary:logistic",
        ),
        (
            "xgboost.gblinear",
            {"top_k": 3},
            (
                "'top_k' has an effect only with feature_selector = greedy or "
                "feature_selector = thrifty, found cyclic"
            ),
        ),
        (
            "xgboost.gblinear",
            {"feature_selector": "greedy"},
            "feature_selector greedy needs updater = coord_descent, found shotgun",
        ),
        (
            "DNNClassifier",
            {"optimizer__momentum": 0.5},
            "'optimizer.momentum' has an effect only with model.optimizer = SGD, found Adam",
        ),
    ],
)
def test_combination_that_can_not_be(model_class, given, expected):
    assert text(only_fault(train(model_class, **given))) == expected


def test_metric_that_does_not_measure_the_objective():
    fault = only_fault(
        train("xgboost.gbtree", objective="binary:logistic", validation__metrics="r2")
    )

    assert text(fault) == (
        "metric r2 does not measure objective binary:logistic, which makes a model for "
        "classification; those for classification are accuracy, balanced_accuracy, precision, "
        "recall, f1, roc_auc, log_loss, zero_one_loss, cohen_kappa, matthews_corrcoef"
    )


def test_combinations_are_not_judged_when_one_of_them_is_misspelt():
    checked = train("DNNClassifier", model__optimizer="SDG", optimizer__momentum=0.5)

    assert [fault.attribute for fault in checked.faults] == ["model.optimizer"]


def test_number_of_classes_may_be_left_to_the_labels():
    assert train("xgboost.gbtree", objective="multi:softmax").faults == ()


def test_what_depends_on_an_objective_that_the_label_decides_is_left_to_the_step():
    checked = train(
        "xgboost.gbtree", num_class=3, eval_metric="mlogloss", validation__metrics=["f1"]
    )

    assert checked.faults == ()


def test_attribute_of_predict():
    clause = clauses.Predict(table="t", column="c", attributes={"eta": 1}, model="m")

    assert text(only_fault(attributes.check(clause))) == (
        "unknown attribute 'eta' of TO PREDICT; TO PREDICT takes no attributes"
    )


def test_metrics_of_evaluate_in_the_spelling_of_the_2020_system():
    clause = clauses.Evaluate(
        model="m",
        attributes={"validation.metrics": "accuracy_score,MeanSquaredError"},
        label="y",
        into="t",
    )

    checked = attributes.check(clause)

    assert checked.attributes == {"validation.metrics": ["accuracy", "mean_squared_error"]}


def test_plot_of_explain():
    clause = clauses.Explain(model="m", attributes={"summary.plot_type": "decision"})

    assert text(only_fault(attributes.check(clause))) == (
        "attribute 'summary.plot_type' of TO EXPLAIN: expected one of bar, dot, found 'decision'"
    )


def test_clauses_without_specification_keep_their_attributes():
    clause = clauses.Optimize(
        direction="MAXIMIZE", objective="x", attributes={"variables": "x"}, into="t"
    )

    assert attributes.check(clause) == attributes.Checked({"variables": "x"})
    assert attributes.check(clauses.ShowTrain("m")) == attributes.Checked({})
