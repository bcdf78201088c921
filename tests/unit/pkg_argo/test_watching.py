"""Mirrors: what they show is what the API server has, however the watch breaks."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from pkg_argo import watching
from pkg_argo.kube import PODS
from pkg_argo.kube_api import ApiKube
from pkg_argo.streams import ApiStreams
from pkg_argo.watching import Mirror
from tests.unit.pkg_argo.servers import StreamingServer, event, listing, served


class Watched:
    """A mirror that keeps names alone, and the changes that it told of."""

    def __init__(self, client):
        self.changes = []
        self.mirror = Mirror(
            *(ApiKube(client), ApiStreams(client), PODS),
            namespace="jobs",
            labels="a=b",
            keep=lambda found: {"metadata": found["metadata"]},
            changed=self._note,
        )
        self._changed = asyncio.Event()

    def _note(self, found):
        self.changes.append(found["metadata"]["name"])
        self._changed.set()

    @property
    def names(self):
        return sorted(it["metadata"]["name"] for it in self.mirror)

    async def until(self, *names):
        async with asyncio.timeout(10):
            while self.names != list(names):
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def server():
    return StreamingServer()


@pytest.fixture
async def watched(server, monkeypatch):
    monkeypatch.setattr(watching, "_LONGEST_PAUSE", 0.01)
    async with served(server) as client:
        it = Watched(client)
        task = asyncio.create_task(it.mirror.run())
        yield it
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def then_hangs(server, *lines):
    """The last request: it tells something and stays open."""

    async def script(response):
        for line in lines:
            await response.write(line)
        await asyncio.Event().wait()

    server.does(script)


def asked(server):
    return [(r.query.get("watch"), r.query.get("resourceVersion")) for r in server.asked]


async def test_it_lists_and_then_watches_from_there(server, watched):
    server.answers(listing(10, "a", "b"))
    then_hangs(server, event("ADDED", "c", 11), event("DELETED", "a", 12))
    await watched.until("b", "c")
    assert asked(server) == [(None, None), ("true", "10")]
    assert server.asked[1].query["labelSelector"] == "a=b"
    assert watched.changes == ["a", "b", "c", "a"]
    assert watched.mirror.synced.is_set()


async def test_a_watch_that_ends_goes_on_from_the_last_version(server, watched):
    server.answers(listing(10, "a"))
    server.says(event("MODIFIED", "a", 11), event("BOOKMARK", "", 15))
    then_hangs(server, event("ADDED", "b", 16))
    await watched.until("a", "b")
    assert asked(server)[1:] == [("true", "10"), ("true", "15")]


@pytest.mark.parametrize("how", ["refused", "told"])
async def test_a_version_that_is_too_old_leads_to_a_list_and_what_is_gone_is_noticed(
    server, watched, how
):
    server.answers(listing(10, "a", "b"))
    if how == "refused":
        server.refuses(410, "too old resource version")
    else:
        server.says(b'{"type":"ERROR","object":{"code":410,"message":"too old"}}\n')
    server.answers(listing(20, "b"))
    then_hangs(server)
    await watched.until("b")
    assert watched.changes == ["a", "b", "a", "b"]


async def test_a_connection_that_breaks_is_taken_up_again(server, watched):
    async def cut(response):
        await response.write(event("ADDED", "b", 11))
        response._req.transport.abort()

    server.answers(listing(10, "a"))
    server.does(cut)
    then_hangs(server, event("ADDED", "c", 12))
    await watched.until("a", "b", "c")


async def test_an_api_server_that_does_not_answer_yet_is_asked_again(server, watched):
    server.refuses(500, "etcd is away")
    server.answers(listing(10, "a"))
    then_hangs(server)
    await watched.until("a")


async def test_a_silent_watch_is_begun_anew(server, watched, monkeypatch):
    monkeypatch.setattr(watching, "_SILENT", 0.05)
    server.answers(listing(10, "a"))
    then_hangs(server)
    then_hangs(server, event("ADDED", "b", 11))
    await watched.until("a", "b")


async def test_an_object_that_was_written_is_shown_before_the_watch_tells_of_it(server, watched):
    server.answers(listing(10, "a"))
    then_hangs(server)
    await watched.until("a")
    written = {"metadata": {"namespace": "jobs", "name": "b", "resourceVersion": "11"}}
    watched.mirror.put(written)
    assert watched.names == ["a", "b"]


async def test_an_answer_that_came_late_does_not_bring_back_what_is_gone(server, watched):
    server.answers(listing(10, "a", "b"))
    then_hangs(server, event("DELETED", "a", 12))
    await watched.until("b")
    late = {"metadata": {"namespace": "jobs", "name": "a", "resourceVersion": "11"}}
    watched.mirror.put(late)
    assert watched.names == ["b"]
