"""All tails of a server: one stream of each pod, however many read it, in bounded memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest

from pkg_argo import names
from pkg_argo.streams import ApiStreams
from pkg_argo.tails import Tails
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import Mark, Stream
from sqlflow.wire.statuses import Phase
from tests.unit.pkg_argo.servers import StreamingServer, served

FIRST = frames.encode(1, Stream.STDOUT, Mark.WHOLE, json.dumps("x" * 1000).encode())
LOG = FIRST + frames.encode(
    2, Stream.STATUS, Mark.WHOLE, statuses.end(Phase.SUCCEEDED).to_json().encode()
)
IDLE = 60.0


def pod(name, state="terminated"):
    return {
        "metadata": {
            "namespace": "jobs",
            "name": name,
            "uid": f"uid of {name}",
            "labels": {names.JOB_UID_LABEL: "job", names.STEP_LABEL: "s01"},
        },
        "status": {"containerStatuses": [{"name": "main", "state": {state: {}}}]},
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
        pods |= {name: pod(name, "running") for name in "def"}
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


@pytest.fixture
async def begin(tails, server, grown):
    """Has a pod read that runs, and that says no more than its first line."""
    over = asyncio.Event()

    async def says_one_line(response):
        await response.write(FIRST)
        await over.wait()

    async def to_the_first_line(name):
        server.does(says_one_line)
        grown.clear()
        tails.of(pod(name, "running"))
        async with asyncio.timeout(10):
            await grown.wait()

    yield to_the_first_line
    over.set()


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
    for name in "ab":
        await read(name)
    tails.of(pod("a"))
    await read("c")
    assert read_pods(tails) == ["uid of a", "uid of c"]
    assert tails.size == 2 * len(LOG)


async def test_a_log_that_grows_is_kept_rather_than_one_that_is_complete(tails, read, begin):
    await begin("d")
    await read("a")
    await read("b")
    assert read_pods(tails) == ["uid of d", "uid of b"]


async def test_who_reads_a_log_that_was_dropped_as_it_grew_is_woken_to_ask_again(
    tails, grown, begin, monkeypatch
):
    monkeypatch.setattr("pkg_argo.tails._ASIDE", 0.05)
    for name in "def":
        await begin(name)
    assert read_pods(tails) == ["uid of e", "uid of f"]
    grown.clear()
    async with asyncio.timeout(10):
        await grown.wait()


async def test_a_hundred_logs_at_once_stay_within_the_budget_and_are_all_read():
    at_once, most = 0, 0
    read: set[str] = set()

    class Nodes:
        @contextlib.asynccontextmanager
        async def log(self, namespace, name, container, *, follow, tail=None):
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            try:
                yield self.pieces()
            finally:
                at_once -= 1

        async def pieces(self):
            for start in range(0, len(LOG), 100):
                await asyncio.sleep(0)
                sizes.append(tails.size)
                yield LOG[start : start + 100]

    sizes: list[int] = []
    nodes: Any = Nodes()
    pods = {f"p{n}": pod(f"p{n}") for n in range(100)}
    tails = Tails(
        nodes,
        look=lambda _, name: pods.get(name),
        grew=lambda _: None,
        budget=5 * len(LOG),
        reads=3,
    )
    async with asyncio.timeout(10):
        while len(read) < len(pods):
            for name in pods.keys() - read:
                if tails.of(pods[name]).spool.complete:
                    read.add(name)
            await asyncio.sleep(0)
    await tails.close()
    assert max(sizes) <= 5 * len(LOG)
    assert most == 3


async def test_a_log_that_was_dropped_is_read_anew_when_it_is_asked_for(tails, read):
    dropped = await read("a")
    tails.tidy(dropped.used + IDLE + 1)
    again = await read("a")
    assert again is not dropped
    assert again.spool.read(0, again.spool.size) == LOG
