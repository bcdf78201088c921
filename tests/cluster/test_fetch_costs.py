"""What readers cost the API server, counted by a proxy that a server's requests go through."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.cluster.support.counting import Requests, counted
from tests.cluster.support.replicas import read_all, read_some
from tests.conformance.server_processes import ServerProcess, Transcript, seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.replicas import Replicas

SILENT = "SELECT SLEEP(120)"
# For four seconds; its rows are shown as they come.
TALKING = "SELECT seq, SLEEP(0.05) AS slept FROM seq_1_to_80"
READERS = 8
POLLS = 25
LOG = "get pods/log"


@pytest.fixture
async def watched(
    cluster: Cluster, replicas: Replicas, tmp_path: Path
) -> AsyncIterator[tuple[ServerProcess, Requests]]:
    """A server, and what it asks for."""
    async with contextlib.AsyncExitStack() as stack:
        login, requests = await stack.enter_async_context(
            counted(cluster.flavour.kubeconfig, tmp_path)
        )
        stack.callback(replicas.end)  # Before the proxy, which it would miss.
        yield await asyncio.to_thread(replicas.start, kubeconfig=login), requests


def poll(server: ServerProcess, job: str) -> Transcript:
    """Ask for news as a client does that has read all there is, and waits a moment for more."""
    transcript = Transcript()
    for _ in range(POLLS):
        server.fetch(job, transcript, wait=seconds(0.02))
    return transcript


def together(server: ServerProcess, job: str) -> list[Transcript]:
    """Read a job to its end, by several readers at the same time."""
    with ThreadPoolExecutor(READERS) as readers:
        return list(readers.map(lambda _: read_all(server, job), range(READERS)))


async def test_polls_of_a_running_job_ask_the_api_server_for_nothing(watched, dsn):
    server, requests = watched
    job = await asyncio.to_thread(server.run, SILENT, data_source=dsn)
    await asyncio.to_thread(read_some, server, job, 1)
    before = requests.counts.copy()

    polled = await asyncio.gather(*(asyncio.to_thread(poll, server, job) for _ in range(READERS)))

    assert [it.pages for it in polled] == [POLLS] * READERS
    assert requests.since(before) == {}


async def test_readers_of_a_running_pod_share_one_stream_of_its_log(watched, dsn):
    server, requests = watched
    job = await asyncio.to_thread(server.run, TALKING, data_source=dsn)
    await asyncio.to_thread(read_some, server, job, 1)
    before = requests.counts.copy()
    assert before[LOG] == 1

    read = await asyncio.to_thread(together, server, job)

    assert [row[0] for row in read[0].rows(1)] == list(range(1, 81))
    assert all(it.entries == read[0].entries for it in read)
    assert requests.since(before) == {}


async def test_the_log_of_a_job_that_is_over_is_asked_for_once_by_each_server(
    watched, replicas, dsn
):
    server, requests = watched
    other = await asyncio.to_thread(replicas.start)
    job = await asyncio.to_thread(other.run, "SELECT 1 AS a", data_source=dsn)
    await asyncio.to_thread(read_all, other, job)
    assert requests.counts[LOG] == 0

    read = await asyncio.to_thread(together, server, job)

    assert {len(it.rows(1)) for it in read} == {1}
    assert requests.counts[LOG] == 1
