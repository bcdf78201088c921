import datetime as dt
import json
import math
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlflow.wire import rows
from sqlflow.wire.rows import Column, RowCodec, Type

OFFSETS = st.integers(-86399, 86399).map(lambda s: dt.timezone(dt.timedelta(seconds=s)))
DECIMALS = st.decimals() | st.decimals(places=6, allow_nan=False, allow_infinity=False)
INT64 = st.integers(-(2**63), 2**63 - 1)

CELLS = {
    Type.BOOL: st.booleans(),
    Type.INT64: INT64,
    Type.HUGEINT: st.integers(-(2**127), 2**128 - 1),
    Type.DOUBLE: st.floats(),
    Type.DECIMAL: DECIMALS.filter(lambda d: not d.is_snan()),
    Type.TEXT: st.text(),
    Type.JSON: st.sampled_from(['{"b": 1, "a" : [null]}', "null", "[1.50]", '"\\u0000"']),
    Type.BYTES: st.binary(),
    Type.DATE: st.dates(),
    Type.TIME: st.times() | st.times(timezones=OFFSETS),
    Type.TIMESTAMP: st.datetimes(),
    Type.TIMESTAMPTZ: st.datetimes(timezones=OFFSETS),
    Type.ANY: INT64 | st.floats() | st.text() | st.binary(),
}


def there_and_back(kind: Type, *values: object) -> list[object]:
    codec = RowCodec([Column("c", kind)])
    return [row[0] for row in codec.decode(codec.encode([(value,) for value in values]))]


def exact(value: object) -> object:
    """Tell apart what ``==`` does not: 1 and True, 0.0 and -0.0, 1.50 and 1.5; and NaN is NaN."""
    zone = value.utcoffset() if isinstance(value, dt.time | dt.datetime) else None
    return type(value), repr(value) if isinstance(value, float | Decimal) else value, zone


@pytest.mark.parametrize("kind", list(Type))
@given(st.data())
def test_every_value_comes_back_exactly(kind, data):
    values = data.draw(st.lists(CELLS[kind] | st.none(), max_size=5))
    assert list(map(exact, there_and_back(kind, *values))) == list(map(exact, values))


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (Type.BOOL, True, "true"),
        (Type.BOOL, 1, "true"),  # MySQL has no other truth
        (Type.INT64, -(2**63), "-9223372036854775808"),
        (Type.HUGEINT, 2**127 - 1, "170141183460469231731687303715884105727"),
        (Type.DOUBLE, 0.1, "0.1"),
        (Type.DOUBLE, -0.0, "-0.0"),
        (Type.DOUBLE, 5e-324, "5e-324"),
        (Type.DOUBLE, math.nan, '"NaN"'),
        (Type.DOUBLE, math.inf, '"Infinity"'),
        (Type.DOUBLE, -math.inf, '"-Infinity"'),
        (Type.DECIMAL, Decimal("12.50"), '"12.50"'),
        (Type.DECIMAL, Decimal("1E+3"), '"1E+3"'),
        (Type.DECIMAL, Decimal("-0.00"), '"-0.00"'),
        (Type.TEXT, 'é"\0\n', '"é\\"\\u0000\\n"'),
        (Type.JSON, '{"a": 1.0}', '"{\\"a\\": 1.0}"'),
        (Type.BYTES, b"\xff\x00", '"/wA="'),
        (Type.BYTES, memoryview(b"ab"), '"YWI="'),
        (Type.DATE, dt.date(1, 1, 1), '"0001-01-01"'),
        (Type.DATE, dt.date(9999, 12, 31), '"9999-12-31"'),
        (Type.TIME, dt.time(23, 59, 59, 999999), '"23:59:59.999999"'),
        (Type.TIMESTAMP, dt.datetime.fromisoformat("1582-10-05"), '"1582-10-05T00:00:00"'),
        (
            Type.TIMESTAMPTZ,
            dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Zurich")),
            '"2026-10-25T02:30:00+01:00"',
        ),
        (Type.ANY, 2**63 - 1, "9223372036854775807"),
        (Type.ANY, 1.0, "1.0"),
        (Type.ANY, math.nan, '{"double":"NaN"}'),
        (Type.ANY, b"\0", '{"bytes":"AA=="}'),
        (Type.ANY, '{"bytes":"AA=="}', '"{\\"bytes\\":\\"AA==\\"}"'),
    ],
)
def test_a_cell_travels_as_the_table_of_types_says(kind, value, cell):
    assert RowCodec([Column("c", kind)]).encode([(value,)]) == f"[[{cell}]]"


@pytest.mark.parametrize("kind", list(Type))
def test_null_is_null_in_every_type(kind):
    assert RowCodec([Column("c", kind)]).encode([(None,)]) == "[[null]]"


def test_both_hours_of_a_clock_set_back_stay_apart():
    zone = ZoneInfo("Europe/Zurich")
    early, late = (dt.datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=zone) for fold in (0, 1))
    found = there_and_back(Type.TIMESTAMPTZ, early, late)
    assert found == [
        dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC),
        dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC),
    ]


def test_a_batch_is_an_array_of_arrays():
    codec = RowCodec([Column("a", Type.INT64), Column("b", Type.TEXT)])
    assert codec.encode([(1, "x"), [None, "y"]]) == '[[1,"x"],[null,"y"]]'
    assert codec.encode(iter([(1, "x")])) == '[[1,"x"]]'


def test_a_batch_may_be_empty():
    codec = RowCodec([Column("a", Type.INT64)])
    assert codec.encode([]) == "[]"
    assert codec.decode("[]") == []


def test_one_cell_of_another_type_is_converted_among_many_that_are_not():
    codec = RowCodec([Column("a", Type.INT64), Column("b", Type.DOUBLE), Column("c", Type.TEXT)])
    batch = [(1, 1.5, "x"), (np.int64(2), np.float32(2.5), "y"), (True, math.inf, UUID(int=7))]
    assert codec.encode(batch) == (
        '[[1,1.5,"x"],[2,2.5,"y"],[1,"Infinity","00000000-0000-0000-0000-000000000007"]]'
    )


@pytest.mark.parametrize("row", [(1,), (1, 2, 3)])
def test_a_row_of_another_width_is_refused(row):
    codec = RowCodec([Column("a", Type.INT64), Column("b", Type.DOUBLE)])
    with pytest.raises(ValueError, match=r"zip\(\)"):
        codec.encode([row])
    with pytest.raises(ValueError, match=r"zip\(\)"):
        codec.decode(json.dumps([row]))


def test_decoding_gives_tuples():
    codec = RowCodec([Column("a", Type.INT64), Column("b", Type.DECIMAL)])
    assert codec.decode('[[1,"2.50"],[null,null]]') == [(1, Decimal("2.50")), (None, None)]


def test_a_header_keeps_names_and_types_as_they_are():
    columns = (Column("a", Type.INT64), Column("a", Type.TIMESTAMPTZ), Column('é"', Type.ANY))
    text = rows.header_to_json(columns)
    assert json.loads(text) == {
        "columns": [
            {"name": "a", "type": "int64"},
            {"name": "a", "type": "timestamptz"},
            {"name": 'é"', "type": "any"},
        ]
    }
    assert rows.header_from_json(text) == columns


def test_a_type_of_a_later_version_is_read_as_text():
    text = '{"columns": [{"name": "a", "type": "interval"}]}'
    assert rows.header_from_json(text) == (Column("a", Type.TEXT),)


def test_a_header_and_a_batch_are_told_apart():
    assert rows.is_header(rows.header_to_json([]))
    assert not rows.is_header(RowCodec([]).encode([]))
