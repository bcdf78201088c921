"""Which pods are listened to, and what is remembered of those that are gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from types import SimpleNamespace
from typing import Any

import pytest
from sqlflow_server.runners.kubernetes.ears import Ears
from sqlflow_server.runners.protocol import PageQuery

from pkg_argo import names
from pkg_argo.kube import PODS
from pkg_argo.tails import Tails
from sqlflow.transcript import ALL_STREAMS, Position
from sqlflow.wire.statuses import Phase
from tests.unit.operator.clusters import FakeKube
from tests.unit.server.kubernetes.jobs import end, job_of, line, snapshot, step

LOG = line(1) + end(2)
SPEC = {"id": "s01-select", "phase": "Succeeded", "pod": "p"}
JOB = job_of(status={"phase": "Succeeded", "steps": [SPEC]})
OVER = snapshot(Phase.SUCCEEDED, step())


def pod(job="u1"):
    return {
        "metadata": {
            "namespace": "jobs",
            "name": "p",
            "uid": f"pod of {job}",
            "labels": {names.JOB_UID_LABEL: job, names.STEP_LABEL: "s01-select"},
        },
        "status": {"containerStatuses": [{"name": "main", "state": {"terminated": {}}}]},
    }


class Nodes:
    """Where the logs of all pods are the same."""

    @contextlib.asynccontextmanager
    async def log(self, namespace, name, container, *, follow, tail=None):
        async def pieces():
            yield LOG

        yield pieces()


class Listening:
    """Ears, with what they listen to.

    Attributes:
        kube: the API server.
        seen: the pods that the mirror shows.
    """

    def __init__(self):
        self.kube = FakeKube()
        self.seen: list[Any] = []
        self.grown = asyncio.Event()
        nodes: Any = Nodes()
        self.tails = Tails(nodes, look=lambda *_: pod(), grew=lambda _: self.grown.set())
        mirrors: Any = SimpleNamespace(pods_of=lambda uid, step_id: self.seen)
        self.ears = Ears(self.kube, mirrors, self.tails)

    async def look(self, now=OVER, position=Position()):  # noqa: B008 - it is immutable
        await self.ears.look_for_pod(JOB, now, position)

    async def heard(self):
        """Return what there is to read, once the pods that are listened to have said all."""
        for tail in self.tails.kept("u1", "s01-select"):
            while not tail.spool.complete:
                self.grown.clear()
                await self.grown.wait()
        query = PageQuery(position=Position(), streams=ALL_STREAMS, max_bytes=1 << 20, wait=0)
        records = self.ears.page(OVER, query, Position()).records
        return [json.loads(it.text)["event"] if it.stream == "s" else it.text for it in records]


@pytest.fixture
async def listening():
    made = Listening()
    yield made
    await made.tails.close()


async def test_a_pod_that_the_mirror_shows_is_listened_to_and_not_asked_for(listening):
    listening.seen.append(pod())
    await listening.look()
    assert listening.kube.asked == []
    assert await listening.heard() == ["x", "end", "end"]


async def test_a_pod_that_is_new_to_the_mirror_is_asked_for_and_listened_to(listening):
    listening.kube.put(PODS, pod())
    await listening.look()
    assert await listening.heard() == ["x", "end", "end"]


async def test_a_pod_that_is_gone_is_asked_for_once_and_its_loss_is_remembered(listening):
    await listening.look()
    await listening.look()
    assert listening.kube.asked == ["get pods"]
    assert await listening.heard() == ["gap", "end", "end"]


async def test_a_pod_of_that_name_that_another_job_has_is_not_the_one(listening):
    listening.kube.put(PODS, pod("u2"))
    await listening.look()
    assert await listening.heard() == ["gap", "end", "end"]


async def test_a_loss_is_forgotten_with_its_job(listening):
    await listening.look()
    listening.ears.forget("u1")
    await listening.look()
    assert listening.kube.asked == ["get pods"] * 2


@pytest.mark.parametrize(
    "now",
    [
        snapshot(Phase.RUNNING, step(Phase.RUNNING)),
        snapshot(Phase.FAILED, step(Phase.SKIPPED, ran=False)),
    ],
)
async def test_no_pod_is_looked_for_of_a_step_that_still_runs_or_never_ran(listening, now):
    await listening.look(now)
    assert listening.kube.asked == []


@pytest.mark.parametrize("index", [0, 2])
async def test_who_has_read_all_steps_has_no_pod_looked_for(listening, index):
    await listening.look(position=Position(step=index))
    assert listening.kube.asked == []
