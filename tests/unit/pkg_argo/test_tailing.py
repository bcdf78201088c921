"""A tail: one pod's log, read once, whatever happens to the connection."""

from __future__ import annotations

import asyncio
import json

import pytest

from pkg_argo import tailing
from pkg_argo.spools import Spool
from pkg_argo.streams import ApiStreams
from pkg_argo.tailing import Tail
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import Mark, Stream
from sqlflow.wire.statuses import Phase
from tests.unit.pkg_argo.servers import StreamingServer, served


def line(seq, text="x"):
    return frames.encode(seq, Stream.STDOUT, Mark.WHOLE, json.dumps(text).encode())


def end(seq):
    payload = statuses.end(Phase.SUCCEEDED).to_json().encode()
    return frames.encode(seq, Stream.STATUS, Mark.WHOLE, payload)


def pod(state):
    containers = [{"name": "main", "state": {state: {}}}] if state else []
    return {
        "metadata": {"namespace": "jobs", "name": "p", "uid": "u"},
        "status": {"containerStatuses": containers},
    }


class Watched:
    """A pod and its tail, on a server that follows a script."""

    def __init__(self, client, state, turns=None):
        turns = turns or asyncio.Semaphore(1)
        self.now = pod(state)
        self.spool = Spool(1, "u")
        self.grown = asyncio.Event()
        self.tail = Tail(
            *(ApiStreams(client), self.now, self.spool),
            look=lambda: self.now,
            grew=self.grown.set,
            turns=turns,
        )

    async def run(self):
        async with asyncio.timeout(10):
            await self.tail.run()

    @property
    def content(self):
        return self.spool.read(0, self.spool.size)

    def becomes(self, state):
        self.now = pod(state) if state else None
        self.tail.poke()


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """What is tried again is tried at once."""
    monkeypatch.setattr(tailing, "_PAUSES", (0.0, 0.01, 60.0))


@pytest.fixture
def server():
    return StreamingServer()


@pytest.fixture
async def client(server):
    async with served(server) as client:
        yield client


async def test_a_running_container_is_followed_to_its_end_frame(server, client):
    it = Watched(client, "running")
    server.says(line(1), line(2)[:9], line(2)[9:], end(3))
    await it.run()
    assert it.content == line(1) + line(2) + end(3)
    assert (it.spool.complete, it.tail.torn) == (True, False)
    assert dict(server.asked[0].query) == {"container": "main", "follow": "true"}


async def test_a_container_that_is_over_is_read_once_and_not_followed(server, client):
    it = Watched(client, "terminated")
    server.says(line(1) + line(2))
    await it.run()
    assert (it.content, it.spool.complete) == (line(1) + line(2), True)
    assert [dict(r.query) for r in server.asked] == [{"container": "main"}]


async def test_a_stream_that_ends_while_the_container_runs_is_read_again_without_doubles(
    server, client
):
    it = Watched(client, "running")
    server.says(line(1))
    server.says(line(1) + line(2) + end(3))
    await it.run()
    assert it.content == line(1) + line(2) + end(3)


async def test_a_connection_that_is_cut_is_taken_up_again(server, client):
    async def cut(response):
        await response.write(line(1) + line(2)[:5])
        response._req.transport.abort()

    it = Watched(client, "running")
    server.does(cut)
    server.says(line(1) + line(2) + end(3))
    await it.run()
    assert it.content == line(1) + line(2) + end(3)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "the server could not find the requested resource", "pods/log"),
        (500, "dial tcp: connection refused", ""),
        (400, 'container "main" in pod "p" is waiting to start: ContainerCreating', ""),
        (400, 'container "main" in pod "p" is not available', ""),
    ],
)
async def test_what_passes_is_tried_again(  # noqa: PLR0917 - pytest passes them by name
    server, client, monkeypatch, status, message, kind
):
    monkeypatch.setattr(tailing, "_PAUSES", (0.0, 0.01))
    it = Watched(client, "running")
    server.refuses(status, message, kind=kind)
    server.says(end(1))
    await it.run()
    assert (it.content, it.tail.torn) == (end(1), False)


async def test_a_kubelet_that_can_not_read_the_file_is_asked_again(server, client):
    it = Watched(client, "terminated")
    server.says(b"unable to retrieve container logs for containerd://abc")
    server.says(line(1))
    await it.run()
    assert it.content == line(1)


async def test_a_pod_that_is_gone_leaves_a_torn_log(server, client):
    it = Watched(client, "running")
    server.says(line(1))
    server.refuses(404, 'pods "p" not found', kind="pods")
    await it.run()
    assert (it.content, it.spool.complete, it.tail.torn) == (line(1), True, True)


async def test_a_container_that_has_yet_to_start_is_not_asked_for(server, client):
    it = Watched(client, "waiting")
    server.says(end(1))
    task = asyncio.create_task(it.run())
    await asyncio.sleep(0)
    assert server.asked == []
    it.becomes("running")
    await task
    assert it.content == end(1)


@pytest.mark.parametrize("words", ["is waiting to start: PodInitializing", "is not available"])
async def test_a_container_that_never_started_in_a_pod_that_is_over_has_an_empty_log(
    server, client, words
):
    it = Watched(client, "waiting")
    it.now["status"]["phase"] = "Failed"
    server.refuses(400, f'container "main" in pod "p" {words}')
    await it.run()
    assert (it.content, it.spool.complete, it.tail.torn) == (b"", True, False)


async def test_a_log_that_ended_without_an_end_frame_is_complete_once_the_container_is_over(
    server, client
):
    it = Watched(client, "running")

    async def killed(response):
        await response.write(line(1))
        it.becomes("terminated")

    server.does(killed)
    server.says(line(1) + line(2))
    await it.run()
    assert (it.content, it.spool.complete, it.tail.torn) == (line(1) + line(2), True, False)


async def test_a_stream_that_has_died_silently_is_noticed_by_the_last_line(
    server, client, monkeypatch
):
    monkeypatch.setattr(tailing, "_SILENT", 0.02)
    dead = asyncio.Event()

    async def silent(response):
        await response.write(line(1))
        await dead.wait()

    it = Watched(client, "running")
    server.does(silent)
    server.says(line(1))  # Nothing new: the program is silent, not the stream.
    server.says(line(2))
    server.says(line(1) + line(2) + end(3))
    await it.run()
    dead.set()
    assert it.content == line(1) + line(2) + end(3)
    assert [r.query.get("tailLines") for r in server.asked] == [None, "1", "1", None]


async def test_a_log_that_is_over_and_stops_coming_is_read_again(server, client, monkeypatch):
    monkeypatch.setattr(tailing, "_SILENT", 0.02)
    it = Watched(client, "terminated")
    over = asyncio.Event()

    async def silent(response):
        await response.write(line(1))
        await over.wait()

    server.does(silent)
    server.says(line(1) + end(2))
    await it.run()
    over.set()
    assert it.content == line(1) + end(2)


async def test_a_log_that_is_over_is_read_when_its_turn_comes(server, client):
    waits = asyncio.Event()

    class Turns(asyncio.Semaphore):
        async def acquire(self):
            if self.locked():
                waits.set()
            return await super().acquire()

    turns = Turns(1)
    it = Watched(client, "terminated", turns)
    server.says(line(1))
    async with turns:
        reading = asyncio.create_task(it.run())
        await waits.wait()
        assert server.asked == []
    await reading
    assert it.content == line(1)


async def test_a_log_that_grows_waits_for_no_turn(server, client):
    turns = asyncio.Semaphore(1)
    async with turns:
        it = Watched(client, "running", turns)
        server.says(line(1) + end(2))
        await it.run()
    assert it.content == line(1) + end(2)
