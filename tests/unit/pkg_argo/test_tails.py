"""All tails of a server: one stream of each pod, however many read it, in bounded memory."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from pkg_argo import names
from pkg_argo.streams import ApiStreams
from pkg_argo.tails import Tails
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import Mark, Stream
from sqlflow.wire.statuses import Phase
from tests.unit.pkg_argo.servers import StreamingServer, served

LOG = frames.encode(1, Stream.STDOUT, Mark.WHOLE, json.dumps("x" * 100).encode()) + frames.encode(
    2, Stream.STATUS, Mark.WHOLE, statuses.end(Phase.SUCCEEDED).to_json().encode()
)
IDLE = 60.0


def pod(name):
    return {
        "metadata": {
            "namespace": "jobs",
            "name": name,
            "uid": f"uid of {name}",
            "labels": {names.JOB_UID_LABEL: "job", names.STEP_LABEL: "s01"},
        },
        "status": {"containerStatuses": [{"name": "main", "state": {"terminated": {}}}]},
    }


@pytest.fixture
def server():
    return StreamingServer()


@pytest.fixture
def grown():
    return asyncio.Event()


@pytest.fixture
async def tails(server, grown):
    """Room for two logs, not for three."""
    async with served(server) as client:
        pods = {name: pod(name) for name in "abc"}
        made = Tails(
            ApiStreams(client),
            look=lambda _, name: pods.get(name),
            grew=lambda _: grown.set(),
            idle=IDLE,
            budget=2 * len(LOG),
        )
        yield made
        await made.close()


@pytest.fixture
def read(tails, server, grown):
    """Has a pod read to the end of its log."""

    async def to_the_end(name):
        server.says(LOG)
        tail = tails.of(pod(name))
        async with asyncio.timeout(10):
            while not tail.spool.complete:
                grown.clear()
                await grown.wait()
        return tail

    return to_the_end


def read_pods(tails):
    return [tail.spool.source for tail in tails.kept("job", "s01")]


async def test_who_reads_a_pod_that_is_read_already_shares_its_tail(tails, server, read):
    first = await read("a")
    assert [tails.of(pod("a")) for _ in range(8)] == [first] * 8
    assert len(server.asked) == 1


async def test_a_log_is_kept_as_long_as_somebody_asks_for_it_now_and_then(tails, read):
    tail = await read("a")
    tails.tidy(tail.used + IDLE)
    assert read_pods(tails) == ["uid of a"]


async def test_a_log_that_nobody_asks_for_any_more_is_dropped(tails, read):
    tail = await read("a")
    tails.tidy(tail.used + IDLE + 1)
    assert read_pods(tails) == []
    assert tails.size == 0


async def test_past_the_budget_the_log_goes_that_was_not_used_for_longest(tails, read):
    for name in "abc":
        await read(name)
    tails.of(pod("a"))
    tails.tidy(time.monotonic())
    assert read_pods(tails) == ["uid of a", "uid of c"]
    assert tails.size == 2 * len(LOG)


async def test_a_log_that_was_dropped_is_read_anew_when_it_is_asked_for(tails, read):
    dropped = await read("a")
    tails.tidy(dropped.used + IDLE + 1)
    again = await read("a")
    assert again is not dropped
    assert again.spool.read(0, again.spool.size) == LOG
