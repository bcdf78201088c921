"""The main loop: Run, then Fetch with the token of the page before, until the end."""

from __future__ import annotations

import grpc
import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript, seconds


def test_the_plain_loop_of_run_and_fetch_gives_the_rows_of_each_statement(server):
    transcript = server.run_and_read(
        "CREATE TABLE t AS SELECT range AS a FROM range(3); SELECT a FROM t ORDER BY a; SELECT 'x' AS b"
    )

    assert transcript.job.status == pb.SUCCEEDED
    assert transcript.statuses(1)[1]["text"] == "3 rows affected"
    assert transcript.rows(2) == [[0], [1], [2]]
    assert transcript.rows(3) == [["x"]]
    assert [s["event"] for s in transcript.statuses(2)] == ["begin", "end"]
    assert transcript.entries[-1][:3] == (0, 1, 1) or transcript.entries[-1][0] == 0


def test_a_waiting_statement_shows_what_was_printed_before_it(server, gate):
    job = server.run(f"SELECT 1 AS first; {gate.select()}")
    transcript = Transcript()
    server.read_until(job, transcript, lambda t: t.texts(pb.ROWS, 1))

    assert transcript.job.status == pb.RUNNING
    gate.open()

    assert server.read(job, transcript).rows(2) == [[42]]
