"""Models in a data source: saved in parts, replaced, found damaged."""

from __future__ import annotations

import json
import random

import pytest

from sqlflow.attributes import Task
from sqlflow.errors import ModelError, StatementError
from sqlflow.ml import store
from sqlflow.ml.features import Encoding, Number
from sqlflow.ml.labels import Label
from sqlflow.ml.saving import Card, unpack
from sqlflow.wire.rows import Column, Type

CARD = Card(
    model_class="xgboost.gbtree",
    statement="SELECT a, y FROM t TO TRAIN xgboost.gbtree LABEL y INTO m",
    columns=(Column("a", Type.INT64), Column("y", Type.TEXT)),
    encoding=Encoding((Number("a"),)),
    label=Label(Task.CLASSIFICATION, Column("y", Type.TEXT), ("no", "yes")),
    attributes={"max_depth": 3},
    metrics={"accuracy": 0.5},
    versions={"python": "3.11"},
    created="2026-01-02T03:04:05+00:00",
)
LARGE = random.Random(0).randbytes(2_500_000)


def save(lab, payload=LARGE, name="m", card=CARD):
    with lab.connect() as connection:
        store.prepare(connection, name)
        store.save(connection, name, card, payload)


def load(lab, name="m"):
    with lab.connect() as connection:
        return store.load(connection, name)


def test_a_model_comes_back_as_it_was(lab):
    save(lab)

    assert load(lab) == (CARD, LARGE)


def test_no_row_holds_more_than_a_mebibyte(lab):
    save(lab)

    assert lab.sql("SELECT part, octet_length(data) FROM sqlflow_model_parts ORDER BY part") == [
        (0, 1048576),
        (1, 1048576),
        (2, 402848),
    ]


def test_a_second_model_of_a_name_leaves_nothing_of_the_first(lab):
    save(lab)
    save(lab, b"new")

    assert load(lab) == (CARD, b"new")
    assert lab.sql("SELECT count(*) FROM sqlflow_model_parts") == [(1,)]


def test_models_of_other_names_stay(lab):
    save(lab, b"one", name="one")
    save(lab, b"two", name="two")

    assert load(lab, "one") == (CARD, b"one")


def test_a_failed_save_leaves_the_old_model(lab, monkeypatch):
    save(lab, b"old")
    # The last of the writes fails: the row that makes the new parts the model.
    columns = [Column(f"nowhere{i}", Type.TEXT) for i in range(6)]
    monkeypatch.setitem(store._COLUMNS, "sqlflow_models", columns)

    with pytest.raises(StatementError, match="nowhere0"):
        save(lab, b"new")

    assert load(lab) == (CARD, b"old")
    assert lab.sql("SELECT count(*) FROM sqlflow_model_parts") == [(1,)]


def test_of_two_rows_of_a_name_the_later_counts(lab):
    save(lab, b"one")
    lab.sql(
        "INSERT INTO sqlflow_models SELECT model, 'none', '2020-01-01', statement, 'x', 'x' "
        "FROM sqlflow_models"
    )

    assert load(lab) == (CARD, b"one")


DAMAGED = 'model "m" is damaged: what the data source holds is not what was saved; train it again'


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sqlflow_models SET card = replace(card, 'yes', 'YES')",
        "UPDATE sqlflow_models SET card = 'nonsense'",
        "UPDATE sqlflow_models SET checksum = 'nonsense'",
        "UPDATE sqlflow_model_parts SET data = '\\x00'::BLOB WHERE part = 1",
        "UPDATE sqlflow_model_parts SET part = 2 - part",
        "DELETE FROM sqlflow_model_parts WHERE part = 2",
    ],
)
def test_rows_that_were_changed_are_found(lab, change):
    save(lab)
    lab.sql(change)

    with pytest.raises(ModelError) as error:
        load(lab)

    assert str(error.value) == DAMAGED


def test_a_model_of_a_later_format_is_refused(lab):
    save(lab)
    (text,) = lab.sql("SELECT card FROM sqlflow_models")[0]
    later = json.dumps({**json.loads(text), "format": 2})
    lab.sql("UPDATE sqlflow_models SET card = ?", [later])

    with pytest.raises(ModelError) as error:
        load(lab)

    assert str(error.value) == (
        'model "m" is saved in format 2, this version of SQLFlow reads up to 1; '
        "use a later version, or train the model again"
    )


def test_a_card_that_lacks_something_is_damaged_even_with_its_checksum():
    from sqlflow.ml.saving import Packed, _checksum

    text = '{"format": 1}'

    with pytest.raises(ModelError) as error:
        unpack("m", Packed(text, _checksum(text, b""), ()))

    assert str(error.value) == DAMAGED


def test_a_name_with_quotes_and_dots_is_one_name(lab):
    save(lab, b"odd", name='"it\'s a ""model"" v1.0"')

    assert load(lab, '"it\'s a ""model"" v1.0"') == (CARD, b"odd")
    assert lab.sql("SELECT model FROM sqlflow_models") == [('it\'s a "model" v1.0',)]


def test_a_model_name_cannot_be_sql(lab):
    save(lab, b"x", name="m'; DROP TABLE t; --")

    assert load(lab, "m'; DROP TABLE t; --") == (CARD, b"x")
    assert lab.sql("SELECT count(*) FROM t") == [(60,)]
