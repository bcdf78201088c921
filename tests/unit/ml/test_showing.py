"""SHOW TRAIN."""

from __future__ import annotations

import pytest

from sqlflow.errors import ModelError
from sqlflow.sql.clauses import ShowTrain


def test_the_statement_that_made_a_model_is_shown(lab):
    lab.train("SELECT x, high FROM t", label="high", attributes={"train.num_boost_round": 1})

    report = lab.run("", ShowTrain("m"))

    ((columns, rows),) = report.tables
    assert [c.name for c in columns] == ["Model", "Train Statement"]
    assert rows == [("m", "SELECT x, high FROM t TO …")]


def test_a_model_that_does_not_exist(lab):
    with pytest.raises(ModelError) as error:
        lab.run("", ShowTrain("m"))

    assert str(error.value) == ('there is no model "m"; no model was saved in this place yet')
