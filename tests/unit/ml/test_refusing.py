"""What TO TRAIN refuses, before anything is written."""

from __future__ import annotations

import pytest

from sqlflow.errors import DataError, ModelError, ProgramError, StatementError
from sqlflow.sql.clauses import ColumnGroup, Feature

SELECT = "SELECT x, k, hue, size FROM t"
FIVE = {"train.num_boost_round": 5}


def refused(lab, select=SELECT, model_class="xgboost.gbtree", **fields):
    with pytest.raises((DataError, ModelError, ProgramError, StatementError)) as error:
        lab.train(select, model_class, **{"label": "size", **fields})
    assert "Done verifying" not in lab.report.lines
    return str(error.value)


def test_an_estimator_without_partial_fit_can_not_go_on(lab):
    lab.train(SELECT, "DecisionTreeClassifier", label="size")

    assert refused(lab, model_class="DecisionTreeClassifier", warm_start="m") == (
        "sklearn.tree.DecisionTreeClassifier can't go on from a saved model; leave out USING"
    )


def test_a_model_of_another_class_can_not_be_gone_on_from(lab):
    lab.train(SELECT, label="size", attributes=FIVE)

    assert refused(lab, model_class="DNNClassifier", warm_start="m") == (
        'model "m" is of xgboost.gbtree, it can\'t go on as DNNClassifier'
    )


def test_a_model_that_is_gone_on_from_has_its_features(lab):
    lab.train(SELECT, label="size", attributes=FIVE)
    groups = (ColumnGroup((Feature("", ("x",)),)),)

    assert refused(lab, warm_start="m", columns=groups) == (
        'the features are those of model "m"; leave out COLUMN'
    )


def test_a_model_that_is_gone_on_from_keeps_its_label(lab):
    lab.train("SELECT x FROM t", "MiniBatchKMeans", attributes={"model.n_clusters": 3})

    assert refused(lab, model_class="MiniBatchKMeans", warm_start="m") == (
        'model "m" was trained with no LABEL'
    )


def test_a_label_that_is_not_in_the_select(lab):
    assert refused(lab, label="sizes") == (
        'the label "sizes" is not a column of the select; did you mean "size"?'
    )
    assert lab.sql("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'sqlflow%'") == [
        (0,)
    ]


def test_no_rows(lab):
    assert refused(lab, SELECT + " WHERE n < 0") == (
        "there is nothing to learn from: the select returned no rows"
    )


def test_no_rows_to_validate_with(lab):
    attributes = {"validation.select": SELECT + " WHERE n < 0"}

    assert refused(lab, attributes=attributes) == "validation.select returned no rows"


def test_a_validation_set_without_a_feature(lab):
    attributes = {"validation.select": "SELECT x, hue, size FROM t"}

    assert refused(lab, attributes=attributes) == (
        'validation.select: the model learns from the column "k", which the select does not '
        "return; it returns hue, size, x"
    )


def test_a_validation_set_with_another_class(lab):
    attributes = {"validation.select": "SELECT x, k, hue, 'huge' AS size FROM t"}

    assert refused(lab, attributes=attributes) == (
        "validation.select: column \"size\" holds 'huge', which is not among the classes that the "
        "model knows: 'low', 'mid', 'top'"
    )


def test_a_column_of_nulls(lab):
    assert refused(lab, "SELECT x, CAST(NULL AS DOUBLE) AS nil, size FROM t") == (
        'column "nil" holds nothing but NULL in the training data; leave it out'
    )


def test_two_columns_of_one_name(lab):
    assert refused(lab, "SELECT x, k, k AS X, size FROM t") == (
        'the select returns 2 columns named "x"; give each a name of its own with AS'
    )


def test_an_infinite_number(lab):
    assert refused(lab, "SELECT 'inf'::DOUBLE AS x, size FROM t") == (
        'column "x" holds a number that is infinite, or beyond ±3.4e+38; a model can\'t use it'
    )


def test_nan_is_not_known_rather_than_wrong(lab):
    report = lab.train(
        "SELECT CASE WHEN k = 0 THEN 'nan'::DOUBLE ELSE x END AS x, size FROM t",
        label="size",
        attributes=FIVE,
    )

    assert report.lines[-1] == "Saving model into m"


def test_a_text_as_a_quantity(lab):
    assert refused(lab, model_class="DNNRegressor") == (
        'the label "size" is of type text; a number was expected for regression'
    )


def test_too_few_classes_allowed(lab):
    attributes = {"objective": "multi:softmax", "num_class": 2}

    assert refused(lab, attributes=attributes) == (
        "num_class is 2, but the label \"size\" has 3 values: 'low', 'mid', 'top'"
    )
    assert refused(lab, model_class="DNNClassifier", attributes={"model.n_classes": 2}) == (
        "model.n_classes is 2, but the label \"size\" has 3 values: 'low', 'mid', 'top'"
    )


def test_three_classes_for_an_objective_of_two(lab):
    assert refused(lab, attributes={"objective": "binary:logistic"}) == (
        'objective binary:logistic tells two classes apart, the label "size" has 3 values: '
        "'low', 'mid', 'top'"
    )


def test_a_single_class(lab):
    assert refused(lab, SELECT + " WHERE size = 'low'") == (
        "the label \"size\" has one value only, 'low'; a classifier needs two or more"
    )


def test_no_label_where_one_is_needed(lab):
    assert refused(lab, label="") == (
        "xgboost.gbtree needs a label; add LABEL and a column of the select"
    )


def test_a_label_where_none_is_learned(lab):
    assert refused(lab, model_class="KMeans") == (
        "sklearn.cluster.KMeans learns without a label; leave out LABEL size"
    )


def test_a_metric_of_another_task(lab):
    assert refused(lab, attributes={"validation.metrics": "rmse"}) == (
        "validation.metrics: root_mean_squared_error does not measure classification; "
        "there are accuracy, balanced_accuracy, cohen_kappa, f1, log_loss, matthews_corrcoef, "
        "precision, recall, roc_auc, zero_one_loss"
    )


def test_a_model_class_that_does_not_exist(lab):
    with pytest.raises(ProgramError, match="unknown model class 'xgboost\\.gbtre'") as error:
        lab.execute_unchecked(SELECT, model_class="xgboost.gbtre", label="size", into="m")

    assert error.value.problems[0].hint == "did you mean 'xgboost.gbtree'?"


def test_a_select_that_the_database_refuses(lab):
    assert "nowhere" in refused(lab, "SELECT * FROM nowhere")


def test_a_schema_that_does_not_exist_is_found_before_training(lab):
    assert "nowhere" in refused(lab, into="nowhere.m", attributes=FIVE)


def test_what_xgboost_refuses_is_said_without_its_stack(lab):
    with pytest.raises(DataError) as error:
        lab.train("SELECT x, n FROM t", label="n", attributes={"objective": "reg:logistic"})

    assert str(error.value).startswith("xgboost.gbtree can't be trained: ")
    assert "\n" not in str(error.value)
    assert "/" not in str(error.value)


def test_what_scikit_learn_refuses_is_said(lab):
    with pytest.raises(DataError) as error:
        lab.train(
            "SELECT x, k, size FROM t WHERE n % 20 < 2",
            "CalibratedClassifierCV",
            label="size",
        )

    assert str(error.value).startswith("sklearn.calibration.CalibratedClassifierCV can't be ")
