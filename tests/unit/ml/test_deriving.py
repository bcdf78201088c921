"""From a COLUMN clause, or none, to encoders."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from sqlflow.errors import DataError, NotSupportedError
from sqlflow.ml.deriving import derive, rounded
from sqlflow.ml.features import Category, Encoding, Number, OneHot, Vector
from sqlflow.ml.sources import Dataset
from sqlflow.sql.clauses import ColumnGroup, Feature
from sqlflow.wire.rows import Column, Type

TYPES = {
    "age": Type.INT64,
    "paid": Type.BOOL,
    "city": Type.TEXT,
    "dense": Type.TEXT,
    "born": Type.DATE,
    "free": Type.ANY,
    "nothing": Type.DOUBLE,
    "y": Type.TEXT,
}
CELLS = {
    "age": [3, 1, 2],
    "paid": [True, False, None],
    "city": ["Rome", "Oslo", None],
    "dense": ["1,2", "3,4", "5,6"],
    "born": [dt.date(2020, 1, 1)] * 3,
    "free": [1.0, 2.0, None],
    "nothing": pa.array([None] * 3, pa.float64()),
    "y": ["a", "b", "a"],
}


def data(*names):
    names = names or ("age", "paid", "city", "y")
    table = pa.table({name: CELLS[name] for name in names})
    return Dataset(tuple(Column(name, TYPES[name]) for name in names), table)


def call(function, *args):
    return Feature(function, args)


def column(*features, target=""):
    return [ColumnGroup(features, target)]


def test_without_column_all_but_the_label_are_features():
    assert derive([], data(), "y").encoders == (
        Number("age"),
        Number("paid"),
        OneHot(Category("city", 2, ("Oslo", "Rome"))),
    )


def test_a_plain_name_is_what_would_be_inferred():
    found = derive(column(Feature("", ("CITY",)), Feature("", ("age",))), data(), "y")

    assert found.encoders == (OneHot(Category("city", 2, ("Oslo", "Rome"))), Number("age"))


def test_a_star_stands_for_all_but_the_label():
    assert derive(column(Feature("*")), data("age", "y"), "y").encoders == (Number("age"),)


def test_a_column_without_a_type_is_what_its_cells_are():
    assert derive([], data("free", "y"), "y").encoders == (Number("free"),)


@pytest.mark.parametrize("name", ["NUMERIC", "DENSE", "dense"])
def test_dense_with_a_shape_is_a_vector(name):
    feature = Feature(name, ("dense", 2, "COMMA"))

    assert derive(column(feature), data("dense", "y"), "y").encoders == (Vector("dense", 2, ","),)


def test_a_shape_may_be_a_list():
    found = derive(column(call("DENSE", "dense", [2, 3])), data("dense", "y"), "y")

    assert found.encoders == (Vector("dense", 6, ","),)


def test_numeric_of_a_number_is_a_number():
    assert derive(column(Feature("NUMERIC", ("age",))), data(), "y").encoders == (Number("age"),)


def test_category_id_of_whole_numbers_is_the_number_itself():
    found = derive(column(Feature("CATEGORY_ID", ("age", 4))), data(), "y")

    assert found.encoders == (Category("age", 4),)


def test_category_id_of_texts_numbers_them():
    found = derive(column(Feature("CATEGORY_ID", ("city", 9))), data(), "y")

    assert found.encoders == (Category("city", 2, ("Oslo", "Rome")),)


def test_indicator_has_a_column_for_each_category():
    inner = Feature("CATEGORY_ID", ("age", 4))

    assert derive(column(Feature("INDICATOR", (inner,))), data(), "y").encoders == (
        OneHot(Category("age", 4)),
    )
    assert derive(column(Feature("INDICATOR", ("age",))), data(), "y").encoders == (
        OneHot(Category("age", 3, ("1", "2", "3"))),
    )


def refused(groups, dataset, label="y"):
    with pytest.raises((DataError, NotSupportedError)) as error:
        derive(groups, dataset, label)
    return str(error.value)


def test_a_name_that_the_select_does_not_return():
    assert refused(column(Feature("", ("cty",))), data()) == (
        'COLUMN names "cty", which the select does not return; did you mean "city"?'
    )


def test_only_a_label():
    assert refused([], data("y")) == (
        'the select has no column besides the label "y" to learn from'
    )


def test_a_date():
    assert refused([], data("born", "y")) == (
        'column "born" is of type date, from which no feature is derived; '
        "make a number or a text of it in the select, or leave it out"
    )


def test_nothing_but_null():
    assert refused([], data("nothing", "y")) == (
        'column "nothing" holds nothing but NULL in the training data; leave it out'
    )


def test_more_texts_than_categories():
    many = Dataset(
        (Column("name", Type.TEXT), Column("y", Type.TEXT)),
        pa.table({"name": [f"n{i}" for i in range(257)], "y": ["a"] * 257}),
    )

    assert refused([], many) == (
        'column "name" holds 257 different values, at most 256 can be its categories; '
        "leave it out, or write CATEGORY_ID(name, 257) in COLUMN"
    )


def test_text_where_numeric_says_number():
    assert refused(column(Feature("NUMERIC", ("city",))), data()) == (
        "column \"city\" holds the text 'Rome', a number was expected"
    )


def test_a_number_that_category_id_does_not_reach():
    assert refused(column(Feature("CATEGORY_ID", ("age", 3))), data()) == (
        'column "age" holds 3; CATEGORY_ID(age, 3) takes 0 to 2'
    )


@pytest.mark.parametrize(
    ("feature", "text"),
    [
        (call("BUCKET", "age", [1]), "not supported yet: BUCKET in COLUMN"),
        (
            Feature("INDICATOR", (call("CROSS", ["age"], 3),)),
            "not supported yet: INDICATOR of CROSS",
        ),
        (Feature("DENSE", ("age", 0)), "DENSE: a whole number above 0 was expected, found 0"),
        (Feature("DENSE", ("dense", 2, 7)), "DENSE: a delimiter was expected, found 7"),
        (Feature("NUMERIC", ()), "NUMERIC needs the name of a column"),
    ],
)
def test_features_that_make_no_sense(feature, text):
    assert refused(column(feature), data("age", "dense", "y")) == text


def test_the_label_among_the_features():
    assert refused(column(Feature("", ("age",)), Feature("", ("y",))), data()) == (
        'the label "y" can\'t be a feature too; take it out of COLUMN'
    )


def test_bytes_as_categories():
    raw = Dataset((Column("raw", Type.BYTES),), pa.table({"raw": [b"\xff"]}))

    assert refused(column(Feature("INDICATOR", ("raw",))), raw, "") == (
        'column "raw" is of type bytes, which makes no categories'
    )


def test_a_feature_that_is_named_twice_is_one():
    age = Feature("", ("age",))

    assert derive(column(age, age), data(), "y").encoders == (Number("age"),)


def test_a_whole_number_without_a_type_is_a_category_itself():
    found = derive(column(Feature("CATEGORY_ID", ("free", 3))), data("free", "y"), "y")

    assert found.encoders == (Category("free", 3),)


def test_a_second_input():
    assert refused(column(Feature("", ("age",)), target="deep"), data()) == (
        "not supported yet: COLUMN … FOR deep; models have one input"
    )


def test_whole_numbers_beyond_single_precision_are_pointed_out():
    ids = Dataset(
        (Column("id", Type.INT64), Column("k", Type.INT64)),
        pa.table({"id": [1, 2**24 + 1], "k": [-(2**24), 2**24]}),
    )

    assert list(rounded(Encoding((Number("id"), Number("k"))), ids)) == ["id"]
