"""Fetch leases, as replicas of the server write them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlflow_server.runners.kubernetes.leases import Leases

from pkg_argo import names
from pkg_argo.kube import LEASES
from sqlflow.errors import UnavailableError
from tests.unit.operator.clusters import FakeKube
from tests.unit.server.kubernetes.jobs import job_of

START = 1767225600.0  # 2026-01-01T00:00:00Z
JOB = job_of(spec={"fetchLeaseSeconds": 60})


class Clock:
    """Seconds since the epoch, as the test sets them."""

    def __init__(self) -> None:
        self.after = 0.0

    def __call__(self) -> float:
        return START + self.after


@pytest.fixture
def kube() -> FakeKube:
    return FakeKube()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def replica(kube: FakeKube, clock: Clock, holder: str = "replica-1") -> Leases:
    return Leases(kube, holder=holder, clock=clock)


async def read(replica: Leases, job: Any = JOB) -> None:
    replica.renew(job)
    await replica.close()


def lease(kube: FakeKube):
    return kube.objects["leases", "jobs", "j"]


async def test_the_first_read_makes_a_lease_that_goes_with_its_job(kube, clock):
    await read(replica(kube, clock))
    meta = lease(kube)["metadata"]
    assert meta["labels"] == names.labels("j", "u1")
    assert [(it["kind"], it["uid"]) for it in meta["ownerReferences"]] == [("SQLFlowJob", "u1")]
    assert lease(kube)["spec"] == {
        "holderIdentity": "replica-1",
        "leaseDurationSeconds": 60,
        "renewTime": "2026-01-01T00:00:00.000000Z",
    }


async def test_a_lease_is_written_once_in_a_third_of_its_length(kube, clock):
    one = replica(kube, clock)
    for clock.after in range(61):
        await read(one)
    assert kube.writes == ["create leases", *["patch leases"] * 3]
    assert lease(kube)["spec"]["renewTime"] == "2026-01-01T00:01:00.000000Z"


async def test_two_replicas_that_are_read_in_turn_write_no_more_than_one(kube, clock):
    pair = [replica(kube, clock, "replica-1"), replica(kube, clock, "replica-2")]
    for clock.after in range(61):
        await read(pair[clock.after % 2])
    assert kube.writes == ["create leases", *["patch leases"] * 3]


async def test_two_replicas_that_make_a_lease_at_once_are_both_content(kube, clock):
    pair = [replica(kube, clock, "replica-1"), replica(kube, clock, "replica-2")]
    await asyncio.gather(*map(read, pair))
    clock.after = 19
    await asyncio.gather(*map(read, pair))
    assert set(kube.writes) == {"create leases"}


async def test_many_reads_at_once_are_one_renewal(kube, clock):
    one = replica(kube, clock)
    for _ in range(50):
        one.renew(JOB)
    await one.close()
    assert kube.writes == ["create leases"]


@pytest.mark.parametrize(
    "job",
    [job_of(), job_of(spec={"fetchLeaseSeconds": 60}, status={"phase": "Succeeded"})],
    ids=["detached", "over"],
)
async def test_a_job_that_needs_no_reader_has_no_lease(kube, clock, job):
    await read(replica(kube, clock), job)
    assert kube.writes == []


async def test_a_write_that_failed_is_tried_by_the_next_read(kube, clock):
    one = replica(kube, clock)

    def away(_verb, _resource):
        raise UnavailableError("away")

    kube.before = away
    await read(one)
    kube.before = lambda _verb, _resource: None
    await read(one)
    assert lease(kube)["spec"]["holderIdentity"] == "replica-1"


async def test_the_lease_of_an_earlier_job_of_that_name_is_left_to_go_with_it(kube, clock):
    meta = {"name": "j", "namespace": "jobs", "labels": names.labels("j", "u0")}
    kube.put(LEASES, {"metadata": meta, "spec": {}})
    one = replica(kube, clock)
    await read(one)
    assert lease(kube)["spec"] == {}
    kube.objects.clear()
    clock.after = 20
    await read(one)
    assert lease(kube)["metadata"]["labels"] == names.labels("j", "u1")


@pytest.mark.parametrize(("job", "seconds"), [(JOB, 20.0), (job_of(), float("inf"))])
def test_a_reader_that_waits_renews_meanwhile(kube, clock, job, seconds):
    assert replica(kube, clock).pause(job) == seconds
