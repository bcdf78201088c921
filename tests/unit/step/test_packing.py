from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlflow.step.packing import HOLD_BACK, pack
from sqlflow.wire.frames import MAX_PAYLOAD
from sqlflow.wire.rows import Column, RowCodec, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = RowCodec([Column("t", Type.TEXT)])
NUMBER = RowCodec([Column("n", Type.INT64)])


def flat(records: list[str]) -> list[list[Any]]:
    return [row for record in records for row in json.loads(record)]


@given(st.lists(st.lists(st.integers(0, 20_000), max_size=30), max_size=8))
def test_all_rows_come_in_order_and_fill_a_frame_at_most(batches):
    rows = [[(("é" * size),) for size in batch] for batch in batches]
    records = list(pack(TEXT, rows))
    assert flat(records) == [list(row) for batch in rows for row in batch]
    for record in records:
        assert len(record.encode()) <= MAX_PAYLOAD or len(json.loads(record)) == 1


def test_frames_are_nearly_full():
    rows = [(number,) for number in range(100_000)]
    records = list(pack(NUMBER, [rows]))
    sizes = [len(record) for record in records]
    assert sum(sizes[1:-1]) / len(sizes[1:-1]) > 0.8 * MAX_PAYLOAD


def test_the_first_rows_do_not_wait():
    def batches() -> Iterator[list[tuple[int]]]:
        yield [(1,), (2,)]
        raise AssertionError("the first batch should have been given out")

    assert next(pack(NUMBER, batches())) == "[[1],[2]]"


def test_rows_wait_for_others_only_for_a_while(monkeypatch):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    asked = []

    def batches() -> Iterator[list[tuple[int]]]:
        nonlocal now
        for number in range(4):
            asked.append(number)
            yield [(number,)]
            now += HOLD_BACK * 0.6

    records = pack(NUMBER, batches())
    assert next(records) == "[[0]]"
    assert next(records) == "[[1],[2]]"
    assert asked == [0, 1, 2]
    assert list(records) == ["[[3]]"]


def test_no_rows_are_no_record():
    assert list(pack(NUMBER, [[], []])) == []


@pytest.mark.parametrize("wide", [0, 5, 15])
def test_one_wide_row_among_narrow_ones_is_alone_in_its_record(wide):
    rows = [("x" * (9000 if i == wide else 3),) for i in range(16)]
    records = [json.loads(record) for record in pack(TEXT, [rows])]
    assert [rows[wide][0]] in [row for record in records for row in record if len(record) == 1]
