"""Fetch in front of the cluster: what a job says, live, whole and in order, whatever breaks."""

from __future__ import annotations

import itertools
import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.cluster.support.replicas import PATIENCE, fetch_somehow, read_all
from tests.conformance.server_processes import Transcript, seconds

if TYPE_CHECKING:
    from devcluster.flavours import Flavour
    from tests.conformance.server_processes import ServerProcess

# 310 rows of 24 KiB each, as they are written, with NULs and characters of one to four bytes: about
# 7 MiB of log. The server gives them over twelve seconds.
LARGE = """
SELECT seq, SLEEP(0.04) AS slept,
       REPEAT(CONCAT('a', CHAR(0), CONVERT(0xC3A9E6BCA2F09F9880 USING utf8mb4)), 1400) AS text
FROM seq_1_to_310
"""
# How many records have been read when a part of the cluster is restarted. There are more than 900.
RESTARTS = ((60, "kubelet"), (300, "kube-apiserver"))
PAGES_OF_A_LIFE = 5


def test_rows_of_a_program_arrive_and_its_end(replicas, dsn):
    server = replicas.start()
    job = server.run("SELECT 1 AS a, 'x' AS b; SELECT 2 AS a", data_source=dsn)

    transcript = read_all(server, job)

    assert (transcript.rows(1), transcript.rows(2)) == ([[1, "x"]], [[2]])
    assert transcript.job.status == pb.SUCCEEDED
    assert [it["event"] for it in transcript.statuses(0)] == ["end"]


def test_replicas_that_are_killed_while_the_cluster_is_restarted_give_one_whole_transcript(
    cluster, replicas, dsn
):
    pair = [replicas.start(), replicas.start()]
    job = pair[0].run(LARGE, data_source=dsn)

    transcript = read_in_turn(pair, job, cluster.flavour)

    undisturbed = read_all(replicas.start(), job)
    assert transcript.entries == undisturbed.entries
    assert len(transcript.entries) > 900
    rows = rows_of(transcript)
    assert [row[:2] for row in rows] == [[n, 0] for n in range(1, 311)]
    assert {row[2] for row in rows} == {"a\0é漢😀" * 1400}
    assert transcript.job.status == pb.SUCCEEDED


def read_in_turn(pair: list[ServerProcess], job: str, flavour: Flavour) -> Transcript:
    """Read to the end from two servers by turns, while they and the cluster are disturbed."""
    transcript, deadline = Transcript(), time.monotonic() + PATIENCE
    restarts: list[Future[None]] = []
    with ThreadPoolExecutor(1) as pool:
        for turn in itertools.count():
            assert time.monotonic() < deadline, transcript.entries[-1:]
            order = pair if turn % 2 else pair[::-1]
            fetch_somehow(order, job, transcript, wait=seconds(0.5), max_bytes=200_000)
            if transcript.end:
                break
            coming = RESTARTS[len(restarts) :]
            if coming and len(transcript.entries) >= coming[0][0]:
                restarts.append(pool.submit(flavour.restart, coming[0][1]))
            # A server that is started while the API server is away waits for it: not here.
            if turn % PAGES_OF_A_LIFE == 0 and all(it.done() for it in restarts):
                pair[turn // PAGES_OF_A_LIFE % 2].restart()
    for restart in restarts:
        restart.result()
    assert len(restarts) == len(RESTARTS)
    return transcript


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
