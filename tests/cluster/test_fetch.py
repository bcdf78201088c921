"""Fetch in front of the cluster: what a job says, live, whole and in order, whatever breaks."""

from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING

import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.cluster.support.databases import ENGINES
from tests.cluster.support.processes import Processes
from tests.cluster.support.replicas import Replicas, fetch_somehow
from tests.conformance.server_processes import Transcript, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.databases import Server
    from tests.cluster.support.playground import Playground

PATIENCE = 120.0

# 310 rows of 24 KiB each, as they are written, with NULs and characters of one to four bytes: about
# 7 MiB of log. The server gives them over eight seconds.
LARGE = """
SELECT seq, SLEEP(0.025) AS slept,
       REPEAT(CONCAT('a', CHAR(0), CONVERT(0xC3A9E6BCA2F09F9880 USING utf8mb4)), 1400) AS text
FROM seq_1_to_310
"""


@pytest.fixture
def replicas(cluster: Cluster, namespace: Playground, tmp_path: Path) -> Iterator[Replicas]:
    made = Replicas(cluster, namespace.name, tmp_path)
    yield made
    made.end()


@pytest.fixture
def operator_process(
    cluster: Cluster, namespace: Playground, tmp_path: Path
) -> Iterator[Processes]:
    made = Processes(cluster, namespace.name, tmp_path)
    made.start()
    yield made
    made.end()


@pytest.fixture
def dsn(servers: dict[str, Server]) -> str:
    return servers["mariadb"].dsn("sqlflow", f"{ENGINES['mariadb'].service}.databases")


def read_all(server, job, **fields) -> Transcript:
    transcript, deadline = Transcript(), time.monotonic() + PATIENCE
    while not transcript.end:
        assert time.monotonic() < deadline, transcript.entries[-3:]
        server.fetch(job, transcript, **fields)
    return transcript


def test_rows_of_a_program_arrive_and_its_end(replicas, operator_process, dsn):
    server = replicas.start()
    job = server.run("SELECT 1 AS a, 'x' AS b; SELECT 2 AS a", data_source=dsn)

    transcript = read_all(server, job)

    assert (transcript.rows(1), transcript.rows(2)) == ([[1, "x"]], [[2]])
    assert transcript.job.status == pb.SUCCEEDED
    assert [it["event"] for it in transcript.statuses(0)] == ["end"]


def test_two_replicas_that_are_killed_in_turn_give_one_whole_transcript(
    replicas, operator_process, dsn
):
    pair = [replicas.start(), replicas.start()]
    job = pair[0].run(LARGE, data_source=dsn)
    transcript, deadline = Transcript(), time.monotonic() + PATIENCE

    for turn in itertools.count():
        assert time.monotonic() < deadline, transcript.entries[-1:]
        order = pair if turn % 2 else pair[::-1]
        fetch_somehow(order, job, transcript, wait=seconds(1), max_bytes=100_000)
        if turn % 12 == 11:
            victim = pair[(turn // 12) % 2]
            victim.kill()
            victim.start()
        if transcript.end:
            break

    undisturbed = read_all(replicas.start(), job)
    assert transcript.entries == undisturbed.entries
    assert len(transcript.entries) > 900
    rows = rows_of(transcript)
    assert [row[:2] for row in rows] == [[n, 0] for n in range(1, 311)]
    assert {row[2] for row in rows} == {"a\0é漢😀" * 1400}
    assert transcript.job.status == pb.SUCCEEDED


def rows_of(transcript: Transcript) -> list[list[object]]:
    """Put the rows of the first step together, whose records come in pieces."""
    records, rest = [], ""
    for step, _, _, stream, text, more in transcript.entries:
        if (step, stream) == (1, pb.ROWS):
            rest += text
            if not more:
                records.append(json.loads(rest))
                rest = ""
    return [row for batch in records[1:] for row in batch]
