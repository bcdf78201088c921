"""Cells of rows as the clients of 2020 read them."""

from __future__ import annotations

import datetime as dt
import decimal

import pytest
from google.protobuf import wrappers_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlflow_server.legacy import cells
from sqlflow_server.legacy import sqlflow_pb2 as old

PARIS = dt.timezone(dt.timedelta(hours=2))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (True, wrappers_pb2.BoolValue(value=True)),
        (-(2**63), wrappers_pb2.Int64Value(value=-(2**63))),
        (2**63, wrappers_pb2.UInt64Value(value=2**63)),
        (2**64, wrappers_pb2.StringValue(value="18446744073709551616")),
        (0.5, wrappers_pb2.DoubleValue(value=0.5)),
        ("猫", wrappers_pb2.StringValue(value="猫")),
        (b"\xff\0", wrappers_pb2.BytesValue(value=b"\xff\0")),
        (decimal.Decimal("12.50"), wrappers_pb2.StringValue(value="12.50")),
        (dt.date(2020, 2, 29), wrappers_pb2.StringValue(value="2020-02-29")),
        (dt.time(23, 59, 1), wrappers_pb2.StringValue(value="23:59:01")),
        (dt.datetime(1970, 1, 2), Timestamp(seconds=86400)),  # noqa: DTZ001 - one without a zone
        (dt.datetime(1970, 1, 2, 2, tzinfo=PARIS), Timestamp(seconds=86400)),
    ],
)
def test_each_type_has_a_message_of_its_own(cell, message):
    (packed,) = cells.row([cell]).data
    unpacked = type(message)()
    assert packed.Unpack(unpacked)
    assert unpacked == message


def test_null_is_null():
    (packed,) = cells.row([None]).data
    assert packed.Is(old.Row.Null.DESCRIPTOR)
