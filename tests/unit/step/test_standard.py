from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

import pytest

from sqlflow.databases.results import Result
from sqlflow.plan.program import Kind, Statement
from sqlflow.step import standard
from sqlflow.step.recording import Recorder
from sqlflow.step.reporting import StepReporter
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlflow.databases import Connection


class Scripted:
    """A connection that gives one result and counts the batches that are read of it."""

    def __init__(self, *, columns: tuple[Column, ...] = (), affected: int = -1) -> None:
        self._columns = columns
        self._affected = affected
        self.read = 0

    def execute(self, _sql: str) -> Result:
        return Result(columns=self._columns, affected=self._affected, read=self._batches)

    def _batches(self, _size: int) -> Generator[list[tuple[Any, ...]]]:
        for _ in range(100):
            self.read += 1
            yield [("x" * 5000,)]


def run(connection: Scripted, *, writes: tuple[str, ...] = (), barrier: bool = False) -> list[str]:
    """Execute a statement of which 20 kB can be shown; return the records."""
    statement = Statement(
        id="s01-select", index=1, kind=Kind.STANDARD, text="…", writes=writes, barrier=barrier
    )
    reader, writer = os.pipe()
    report = StepReporter(Recorder(writer), row_limit=20_000)
    standard.execute(statement, cast("Connection", connection), report)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as file:
        return file.read().splitlines()


ROWS = (Column("t", Type.TEXT),)


def test_a_query_is_left_when_no_more_can_be_shown():
    connection = Scripted(columns=ROWS)
    assert len(run(connection)) == 5
    assert connection.read == 4


@pytest.mark.parametrize(("writes", "barrier"), [(("table t",), False), ((), True)])
def test_a_statement_that_may_write_is_read_to_its_end(writes, barrier):
    connection = Scripted(columns=ROWS)
    assert len(run(connection, writes=writes, barrier=barrier)) == 5
    assert connection.read == 100


@pytest.mark.parametrize(
    ("affected", "text"),
    [(-1, "OK"), (0, "0 rows affected"), (1, "1 row affected"), (2, "2 rows affected")],
)
def test_a_statement_without_rows_tells_what_it_changed(affected, text):
    assert run(Scripted(affected=affected)) == [f's{{"event": "message", "text": "{text}"}}']
