"""Cells become the numbers of a matrix."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlflow.errors import DataError
from sqlflow.ml.features import Category, Encoding, Number, OneHot, Vector, floats

NAN = math.nan


def matrix(encoders, **columns):
    batch = pa.RecordBatch.from_pydict(columns)
    return Encoding(tuple(encoders)).matrix([batch], batch.num_rows)


def test_a_number_is_itself_and_null_is_not_known():
    found = matrix([Number("x")], x=[1.5, None, -2.0])

    np.testing.assert_array_equal(found, np.array([[1.5], [NAN], [-2.0]], dtype=np.float32))


def test_true_is_one():
    np.testing.assert_array_equal(matrix([Number("b")], b=[True, False]), [[1.0], [0.0]])


def test_a_column_of_nulls_is_not_known():
    np.testing.assert_array_equal(matrix([Number("x")], x=pa.nulls(2)), [[NAN], [NAN]])


def test_a_text_that_is_a_number_is_that_number():
    np.testing.assert_array_equal(matrix([Number("x")], x=[" 2.5 ", "1e3"]), [[2.5], [1000.0]])


def test_a_text_that_is_no_number_is_named():
    with pytest.raises(DataError) as error:
        floats("age", pa.array(["31", None, "n/a"]))

    assert str(error.value) == "column \"age\" holds the text 'n/a', a number was expected"


@pytest.mark.parametrize("wrong", [math.inf, -math.inf, 1e39])
def test_a_number_that_single_precision_can_not_hold_is_refused(wrong):
    with pytest.raises(DataError) as error:
        floats("x", pa.array([1.0, wrong]))

    assert str(error.value) == (
        'column "x" holds a number that is infinite, or beyond ±3.4e+38; a model can\'t use it'
    )


def test_a_date_is_no_number():
    with pytest.raises(DataError, match='column "d" holds values of type date32'):
        floats("d", pa.array([1], pa.date32()))


def test_a_vector_is_as_many_numbers():
    found = matrix([Vector("v", 3, ";")], v=["1;2;3", None])

    np.testing.assert_array_equal(found, [[1, 2, 3], [NAN, NAN, NAN]])


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(DataError) as error:
        matrix([Vector("v", 3)], v=["1,2"])

    assert str(error.value) == "column \"v\": '1,2' has 2 parts between ',', 3 were expected"


def test_a_vector_with_something_else_in_it_is_refused():
    with pytest.raises(DataError) as error:
        matrix([Vector("v", 2)], v=["1,two"])

    assert str(error.value) == "column \"v\": '1,two' holds something that is not a number"


def test_a_category_is_its_number_and_an_unknown_one_is_not_known():
    found = matrix([Category("c", 2, ("green", "red"))], c=["red", "green", "blue", None])

    np.testing.assert_array_equal(found, [[1], [0], [NAN], [NAN]])


def test_a_whole_number_can_be_a_category_itself():
    found = matrix([Category("c", 3)], c=[0, 2, 3, -1, None])

    np.testing.assert_array_equal(found, [[0], [2], [NAN], [NAN], [NAN]])


def test_one_hot_has_a_one_for_a_known_category_and_nothing_for_others():
    found = matrix([OneHot(Category("c", 2, ("green", "red")))], c=["red", "blue", None, "green"])

    np.testing.assert_array_equal(found, [[0, 1], [0, 0], [0, 0], [1, 0]])


def test_encoders_stand_side_by_side():
    encoding = Encoding((Number("x"), OneHot(Category("c", 2, ("a", "b"))), Vector("v", 2)))

    assert [name for encoder in encoding.encoders for name in encoder.names] == [
        "x",
        "c=a",
        "c=b",
        "v[0]",
        "v[1]",
    ]
    np.testing.assert_array_equal(
        matrix(encoding.encoders, c=["b"], v=["7,8"], x=[5]), [[5, 0, 1, 7, 8]]
    )


def test_batches_follow_each_other():
    batches = [pa.RecordBatch.from_pydict({"x": [1, 2]}), pa.RecordBatch.from_pydict({"x": [3]})]

    assert Encoding((Number("x"),)).matrix(batches, 3).ravel().tolist() == [1.0, 2.0, 3.0]


names = st.text(min_size=1, max_size=8)
categories = st.builds(
    lambda column, values: Category(column, len(values), tuple(values)),
    names,
    st.lists(st.text(max_size=8), min_size=1, max_size=4, unique=True),
)
encoders = st.one_of(
    st.builds(Number, names),
    st.builds(Vector, names, st.integers(1, 9), names),
    categories,
    st.builds(Category, names, st.integers(1, 9)),
    st.builds(OneHot, categories),
)


@given(st.lists(encoders, max_size=4))
def test_an_encoding_survives_being_saved(some):
    encoding = Encoding(tuple(some))

    assert Encoding.from_json(encoding.to_json()) == encoding
