import datetime as dt

import pytest

from sqlflow.databases import temporals
from sqlflow.wire.rows import Column, Type


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Type.DATE, "2020-02-29", dt.date(2020, 2, 29)),
        (Type.TIME, "01:02:03.5", dt.time(1, 2, 3, 500000)),
        (Type.TIMESTAMP, "2020-01-01 01:02:03", dt.datetime(2020, 1, 1, 1, 2, 3)),  # noqa: DTZ001 — it has no zone
        (
            Type.TIMESTAMPTZ,
            "2020-01-01 01:02:03+00",
            dt.datetime(2020, 1, 1, 1, 2, 3, tzinfo=dt.UTC),
        ),
    ],
)
def test_what_python_can_hold_is_parsed(kind, text, value):
    assert temporals.parse(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Type.DATE, "infinity"),
        (Type.DATE, "0044-03-15 BC"),
        (Type.DATE, "20000-01-01"),
        (Type.DATE, "0000-00-00"),
        (Type.TIME, "838:59:59"),
        (Type.TIME, "-01:02:03"),
        (Type.TIMESTAMP, "2020-02-30 00:00:00"),
    ],
)
def test_what_python_can_not_hold_stays_text(kind, text):
    assert temporals.parse(kind, text) == text


def test_only_columns_of_dates_and_times_are_parsed():
    columns = (Column("a", Type.TEXT), Column("b", Type.DATE))

    rows = temporals.parse_columns(columns, [("2020-01-01", "2020-01-01"), (None, None)])

    assert rows == [("2020-01-01", dt.date(2020, 1, 1)), (None, None)]
