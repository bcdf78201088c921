"""Models in each database: trained, saved, read by another connection, replaced."""

from __future__ import annotations

import pytest

from sqlflow.errors import ModelError
from sqlflow.sql.clauses import Evaluate, Explain, ShowTrain
from tests.unit.ml.laboratory import Lab

SELECT = "SELECT n, x, hue, size FROM t"
TEN = {"train.num_boost_round": 10}
TABLES = ("t", "p", "e", "sqlflow_models", "sqlflow_model_parts")


@pytest.fixture(params=["duckdb", "sqlite", "mysql", "postgres"])
def lab(request, tmp_path):
    if request.param in {"duckdb", "sqlite"}:
        dsn = f"{request.param}:///{tmp_path}/lab.db"
    else:
        dsn = request.getfixturevalue({"mysql": "mariadb"}.get(request.param, request.param))
    lab = Lab(dsn)
    for table in TABLES:
        lab.sql(f"DROP TABLE IF EXISTS {table}")
    lab.example()
    yield lab
    for table in TABLES:
        lab.sql(f"DROP TABLE IF EXISTS {table}")


@pytest.mark.parametrize("model_class", ["xgboost.gbtree", "DecisionTreeClassifier"])
def test_predictions_are_those_that_were_learned(lab, model_class):
    attributes = TEN if model_class.startswith("xgboost") else {}
    lab.train("SELECT n, x, hue, size FROM t", model_class, label="size", attributes=attributes)

    lab.predict(SELECT)

    assert lab.sql("SELECT said, count(*) FROM p GROUP BY said ORDER BY said") == [
        ("low", 20),
        ("mid", 20),
        ("top", 20),
    ]
    assert lab.sql("SELECT n, x, hue, said FROM p WHERE n = 31") == [(31, 3.1, "green", "mid")]


def test_whole_numbers_stay_whole_numbers(lab):
    lab.train("SELECT n, k FROM t", "DecisionTreeClassifier", label="k")

    lab.predict("SELECT n FROM t")

    (said,) = lab.sql("SELECT said FROM p WHERE n = 13")[0]
    assert (said, type(said)) == (6, int)


def test_a_model_is_replaced_by_the_next_of_its_name(lab):
    lab.train(SELECT, label="size", attributes=TEN)
    lab.train("SELECT n, k FROM t", label="k", attributes={"train.num_boost_round": 2})

    lab.predict("SELECT n FROM t")

    assert lab.sql("SELECT count(*) FROM sqlflow_models") == [(1,)]
    assert lab.sql("SELECT count(DISTINCT version) FROM sqlflow_model_parts") == [(1,)]


def test_the_other_statements(lab):
    lab.train(SELECT, label="size", attributes=TEN)

    lab.run(SELECT, Evaluate(model="m", label="size", into="e"))
    accuracy = lab.sql("SELECT accuracy FROM e")
    lab.run(SELECT, Explain(model="m", into="e"))
    features = lab.sql("SELECT feature FROM e ORDER BY feature")
    shown = lab.run("", ShowTrain("m")).tables

    assert accuracy == [(1.0,)]
    assert features == [("hue",), ("n",), ("x",)]
    assert shown[0][1] == [("m", f"{SELECT} TO …")]


def test_a_prediction_may_replace_the_table_that_it_reads(lab):
    lab.train("SELECT n, size FROM t", label="size", attributes=TEN)

    lab.predict("SELECT * FROM t", table="t")

    assert lab.sql("SELECT count(*), count(DISTINCT said) FROM t") == [(60, 3)]


def test_a_model_that_was_changed_is_refused(lab):
    lab.train(SELECT, label="size", attributes=TEN)
    lab.sql("DELETE FROM sqlflow_model_parts WHERE part = 0")

    with pytest.raises(ModelError) as error:
        lab.predict(SELECT)

    assert str(error.value) == (
        'model "m" is damaged: what the data source holds is not what was saved; train it again'
    )


def test_a_missing_model_is_said_to_be_missing(lab):
    with pytest.raises(ModelError) as error:
        lab.predict(SELECT)

    assert str(error.value) == 'there is no model "m"; no model was saved in this place yet'
