import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from sqlflow.databases import arrow
from sqlflow.errors import DataError
from sqlflow.wire.rows import Column, Type


def batch(kind, *values):
    [only] = arrow.from_rows([Column("a", kind)], [[(value,) for value in values]])
    return only.schema.field("a").type, only.column(0).to_pylist()


@pytest.mark.parametrize(
    ("kind", "values", "arrow_type"),
    [
        (Type.BOOL, [True, None], pa.bool_()),
        (Type.INT64, [2**63 - 1, None], pa.int64()),
        (Type.DOUBLE, [0.1, None], pa.float64()),
        (Type.TEXT, ["é", None], pa.string()),
        (Type.JSON, ["[1]", None], pa.string()),
        (Type.BYTES, [b"\x00", None], pa.binary()),
        (Type.DATE, [dt.date(2020, 1, 1), None], pa.date32()),
        (Type.TIME, [dt.time(1, 2, 3, 4), None], pa.time64("us")),
        (Type.TIMESTAMPTZ, [dt.datetime(2020, 1, 1, tzinfo=dt.UTC), None], None),
    ],
)
def test_each_type_keeps_its_values(kind, values, arrow_type):
    assert batch(kind, *values) == (arrow_type or pa.timestamp("us", "UTC"), values)


def test_decimals_and_huge_integers_become_doubles():
    assert batch(Type.DECIMAL, Decimal("1.50"), None) == (pa.float64(), [1.5, None])
    assert batch(Type.HUGEINT, 2**64, None) == (pa.float64(), [2.0**64, None])


@pytest.mark.parametrize(
    ("values", "arrow_type"),
    [
        ([None, 1, 2.5], pa.float64()),
        (["a", None], pa.string()),
        ([b"a"], pa.binary()),
        ([None], pa.float64()),
    ],
)
def test_a_column_of_any_type_is_settled_by_its_first_value(values, arrow_type):
    assert batch(Type.ANY, *values) == (arrow_type, values)


def test_all_batches_have_the_schema_of_the_first():
    batches = list(arrow.from_rows([Column("a", Type.ANY)], [[(1,)], [(2.5,)]]))

    assert [one.schema for one in batches] == [pa.schema([("a", pa.float64())])] * 2


def test_a_value_that_does_not_fit_is_named():
    batches = arrow.from_rows([Column("age", Type.ANY)], [[(1,)], [(2,), ("old",)]])
    next(batches)

    with pytest.raises(DataError) as caught:
        next(batches)

    assert str(caught.value) == (
        "column 'age' was taken for double, and holds 'old'; cast it in the query"
    )


def test_a_date_that_python_does_not_know_is_named():
    with pytest.raises(DataError) as caught:
        batch(Type.DATE, dt.date(2020, 1, 1), "infinity")

    assert str(caught.value) == (
        "column 'a' was taken for date32[day], and holds 'infinity'; cast it in the query"
    )


def test_names_may_repeat():
    columns = [Column("a", Type.INT64), Column("a", Type.TEXT)]

    [only] = arrow.from_rows(columns, [[(1, "x")]])

    assert [column.to_pylist() for column in only.columns] == [[1], ["x"]]
