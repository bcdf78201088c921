"""Rows as the clients of 2020 read them: one ``Any`` a cell, each with a type of its own.

They know the wrappers of google.protobuf, Timestamp and Null. What has no counterpart there is
text, so that nothing is rounded or invented: decimals, integers beyond 64 bits, dates and times.
A timestamp without a zone goes as it is, one with a zone in UTC.
"""

from __future__ import annotations

import datetime as dt
import decimal
from typing import TYPE_CHECKING, Any

from google.protobuf import any_pb2, wrappers_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from sqlflow_server.legacy import sqlflow_pb2 as old

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from google.protobuf.message import Message

_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)


def row(cells: Iterable[Any]) -> old.Row:
    """Return a row of Python values, as :class:`sqlflow.wire.rows.RowCodec` decodes them."""
    return old.Row(data=[_any(cell) for cell in cells])


def _any(cell: Any) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(_MESSAGES[type(cell)](cell))
    return packed


def _null(_: None) -> Message:
    return old.Row.Null()


def _integer(cell: int) -> Message:
    if cell in _INT64:
        return wrappers_pb2.Int64Value(value=cell)
    if cell in _UINT64:
        return wrappers_pb2.UInt64Value(value=cell)
    return _text(cell)


def _text(cell: object) -> Message:
    return wrappers_pb2.StringValue(value=str(cell))


def _iso(cell: dt.date | dt.time) -> Message:
    return _text(cell.isoformat())


def _timestamp(cell: dt.datetime) -> Message:
    stamp = Timestamp()
    stamp.FromDatetime(cell)
    return stamp


_MESSAGES: dict[type, Callable[[Any], Message]] = {
    type(None): _null,
    bool: lambda cell: wrappers_pb2.BoolValue(value=cell),
    int: _integer,
    float: lambda cell: wrappers_pb2.DoubleValue(value=cell),
    str: _text,
    bytes: lambda cell: wrappers_pb2.BytesValue(value=cell),
    decimal.Decimal: _text,
    dt.date: _iso,
    dt.time: _iso,
    dt.datetime: _timestamp,
}
