"""Rows as columns: Arrow tables and DataFrames, with the types that the columns have.

Types come from the header and not from the values, so an empty result and a column of NULLs keep
theirs. The exceptions are types without a width of their own, where a decimal or a hugeint gets
what its values need, and columns that hold what their type has no value for: one of SQLite's that
mixes types, or a date such as ``infinity``. These become text.

pyarrow and pandas are imported here and nowhere else in the client.
"""

from __future__ import annotations

import decimal
from typing import TYPE_CHECKING, Any

from sqlflow.client.tables import text_of
from sqlflow.wire.rows import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlflow.wire.rows import Column


def to_arrow(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> Any:
    """Return a pyarrow.Table."""
    import pyarrow as pa

    arrays = [
        _arrow(column.type, values)
        for column, values in zip(columns, _transposed(columns, rows), strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def to_dataframe(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> Any:
    """Return a pandas.DataFrame."""
    import pandas as pd

    series = {
        index: pd.Series(values, dtype=_pandas_type(column.type, values))
        for index, (column, values) in enumerate(
            zip(columns, _transposed(columns, rows), strict=True)
        )
    }
    frame = pd.DataFrame(series)
    frame.columns = pd.Index([column.name for column in columns])  # names may repeat
    return frame


def _transposed(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [[row[index] for row in rows] for index in range(len(columns))]


_TEMPORAL = frozenset({Type.DATE, Type.TIME, Type.TIMESTAMP, Type.TIMESTAMPTZ})


def _beyond(kind: Type, values: list[Any]) -> bool:
    """Whether a date or time stayed text, because Python has no value for it."""
    return kind in _TEMPORAL and any(isinstance(value, str) for value in values)


def _pandas_type(kind: Type, values: list[Any]) -> str:
    if _beyond(kind, values):
        return "object"
    nulls = None in values
    types = {
        Type.BOOL: "boolean" if nulls else "bool",
        Type.INT64: "Int64" if nulls else "int64",
        Type.DOUBLE: "float64",
        Type.TEXT: "str",
        Type.JSON: "str",
        Type.TIMESTAMP: "datetime64[us]",
        Type.TIMESTAMPTZ: "datetime64[us, UTC]",
    }
    return types.get(kind, "object")


def _arrow(kind: Type, values: list[Any]) -> Any:
    import pyarrow as pa

    if kind in (Type.DECIMAL, Type.HUGEINT):
        return _arrow_decimals(values)
    if kind is Type.ANY or _beyond(kind, values):
        return _arrow_mixed(values)
    types = {
        Type.BOOL: pa.bool_(),
        Type.INT64: pa.int64(),
        Type.DOUBLE: pa.float64(),
        Type.BYTES: pa.binary(),
        Type.DATE: pa.date32(),
        Type.TIME: pa.time64("us"),
        Type.TIMESTAMP: pa.timestamp("us"),
        Type.TIMESTAMPTZ: pa.timestamp("us", tz="UTC"),
    }
    return pa.array(values, type=types.get(kind, pa.string()))


def _arrow_decimals(values: list[Any]) -> Any:
    import pyarrow as pa

    numbers = [None if value is None else decimal.Decimal(value) for value in values]
    known = any(number is not None for number in numbers)
    return pa.array(numbers, type=None if known else pa.decimal128(38, 0))


def _arrow_mixed(values: list[Any]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 or kinds == {int, float}:
        return pa.array(values)
    return pa.array([None if v is None else text_of(v) for v in values], type=pa.string())
