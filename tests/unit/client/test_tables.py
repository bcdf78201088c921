"""Tables: HTML, Arrow, DataFrames."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from sqlflow.client.tables import Table, count_text, text_of
from sqlflow.wire.rows import Column, Type

ZONE = dt.timezone(dt.timedelta(hours=2))
VALUES: dict[Type, Any] = {
    Type.BOOL: True,
    Type.INT64: 2**53 + 1,
    Type.HUGEINT: 2**100,
    Type.DOUBLE: 0.1,
    Type.DECIMAL: decimal.Decimal("12.50"),
    Type.TEXT: "ä",
    Type.JSON: '{"a": 1}',
    Type.BYTES: b"\x00\xff",
    Type.DATE: dt.date(2026, 11, 22),
    Type.TIME: dt.time(1, 2, 3, 4),
    Type.TIMESTAMP: dt.datetime(2026, 11, 22, 1, 2, 3, 4),  # noqa: DTZ001  # without zone on purpose
    Type.TIMESTAMPTZ: dt.datetime(2026, 11, 22, 1, 2, 3, 4, tzinfo=ZONE),
    Type.ANY: 3,
}
ALL = tuple(Column(kind, kind) for kind in Type)
ROW = tuple(VALUES[kind] for kind in Type)
NULLS = (None,) * len(ROW)


def test_arrow_gives_back_every_value() -> None:
    assert Table(ALL, [ROW, NULLS]).to_arrow().to_pylist() == [
        dict(zip(Type, ROW, strict=True)),
        dict(zip(Type, NULLS, strict=True)),
    ]


def test_arrow_types_do_not_need_rows() -> None:
    schema = Table(ALL).to_arrow().schema
    assert schema.field("int64").type == pa.int64()
    assert schema.field("timestamp").type == pa.timestamp("us")
    assert schema.field("timestamptz").type == pa.timestamp("us", tz="UTC")
    assert schema.field("bytes").type == pa.binary()


def test_a_mixed_column_becomes_text_in_arrow() -> None:
    table = Table((Column("x", Type.ANY),), [(1,), ("a",), (b"\x01",), (None,)])
    assert table.to_arrow().column("x").to_pylist() == ["1", "a", "\\x01", None]


def test_a_date_beyond_python_makes_its_column_text() -> None:
    table = Table((Column("d", Type.DATE),), [(dt.date(2026, 1, 2),), ("infinity",), (None,)])
    assert table.to_arrow().column("d").to_pylist() == ["2026-01-02", "infinity", None]
    assert list(table.to_dataframe()["d"]) == [dt.date(2026, 1, 2), "infinity", None]


def test_a_dataframe_keeps_big_integers_beside_nulls() -> None:
    frame = Table((Column("n", Type.INT64),), [(2**53 + 1,), (None,)]).to_dataframe()
    assert str(frame.dtypes["n"]) == "Int64"
    assert frame["n"][0] == 9007199254740993
    assert frame["n"][1] is pd.NA


@pytest.mark.parametrize("rows", [[], [ROW], [ROW, NULLS]])
def test_a_dataframe_has_the_types_of_the_columns(rows: list[tuple[Any, ...]]) -> None:
    types = {name: str(kind) for name, kind in Table(ALL, rows).to_dataframe().dtypes.items()}
    assert types["double"] == "float64"
    assert types["text"] == "str"
    assert types["timestamp"] == "datetime64[us]"
    assert types["timestamptz"] == "datetime64[us, UTC]"
    assert types["bool"] == ("boolean" if len(rows) == 2 else "bool")
    assert types["decimal"] == "object"


def test_names_of_columns_may_repeat() -> None:
    table = Table((Column("a", Type.INT64), Column("a", Type.TEXT)), [(1, "x")])
    assert list(table.to_dataframe().columns) == ["a", "a"]
    assert table.to_arrow().column_names == ["a", "a"]


def test_html_escapes_names_and_values() -> None:
    table = Table((Column("<b>", Type.TEXT),), [("<script>alert(1)</script>",), (None,)])
    shown = table._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "&lt;b&gt;" in shown
    assert "<em>NULL</em>" in shown
    assert "2 rows" in shown


def test_html_shows_the_first_rows_of_many_and_counts_all() -> None:
    shown = Table((Column("n", Type.INT64),), [(n,) for n in range(1234)])._repr_html_()
    assert shown.count("<tr>") == 201
    assert "1,234 rows, the first 200 shown" in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (True, "true"),
        (b"\x00\xff", "\\x00ff"),
        (decimal.Decimal("1.50"), "1.50"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        ("a\nb", "a\nb"),
    ],
)
def test_values_as_text(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_row_counts_as_text() -> None:
    assert [count_text(n) for n in (0, 1, 1234)] == ["0 rows", "1 row", "1,234 rows"]
