"""Fetch leases, as the operator holds them: what it asks for, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlflow_operator.memory import JobMemory
from sqlflow_operator.reading import Lease, lease

from pkg_argo import names
from pkg_argo.kube import LEASES
from pkg_argo.kube_errors import RefusedError
from sqlflow.errors import UnavailableError
from tests.unit.operator.clusters import FakeKube
from tests.unit.operator.jobs import NOW, UID, ago, job

SECONDS = 60


class Reads(FakeKube):
    """Counts what is read; may refuse."""

    def __init__(self, *objects: Any, error: Exception | None = None) -> None:
        super().__init__(*objects)
        self.reads = 0
        self.error = error

    async def get(self, resource, namespace, name):
        self.reads += 1
        if self.error:
            raise self.error
        return await super().get(resource, namespace, name)


def renewed(seconds_ago: float, uid: str = UID):
    """The Lease of the job, as the server writes it."""
    meta = {"name": "iris", "namespace": "jobs", "labels": names.labels("iris", uid)}
    return LEASES, {"metadata": meta, "spec": {"renewTime": ago(seconds_ago)}}


def leased(seconds: int = SECONDS, **changes: Any):
    """A job, made 100 seconds ago."""
    spec = {"fetchLeaseSeconds": seconds, **changes.pop("spec", {})}
    return job(spec, changes.get("status"))


async def look(kube, it, *, memory: JobMemory | None = None, later: float = 0):
    now = NOW + timedelta(seconds=later)
    return await lease(kube, memory or JobMemory(UID), it, now)


async def test_a_job_without_a_lease_costs_no_request():
    kube = Reads()
    assert await look(kube, job()) is None
    assert kube.reads == 0


async def test_a_lease_that_can_not_be_over_yet_is_not_read():
    kube = Reads()
    assert await look(kube, leased(101)) == Lease(NOW + timedelta(seconds=1))
    assert kube.reads == 0


async def test_a_job_that_nobody_has_ever_read_runs_out_of_its_lease():
    assert await look(Reads(), leased()) == Lease(NOW - timedelta(seconds=40), over=True)


async def test_a_job_that_is_read_is_looked_at_when_its_new_lease_is_over():
    kube = Reads(renewed(10))
    assert await look(kube, leased()) == Lease(NOW + timedelta(seconds=70))
    assert kube.reads == 1


@pytest.mark.parametrize(("seconds", "over"), [(79, False), (80, True)])
async def test_a_reader_is_gone_when_a_third_more_than_the_lease_has_passed(seconds, over):
    found = await look(Reads(renewed(seconds)), leased())
    assert found is not None
    assert found.over is over


async def test_what_was_read_is_remembered_until_it_is_over():
    kube, memory = Reads(renewed(10)), JobMemory(UID)
    await look(kube, leased(), memory=memory)
    kube.put(*renewed(-60))
    for later in (1, 30, 69):
        await look(kube, leased(), memory=memory, later=later)
    assert kube.reads == 1
    found = await look(kube, leased(), memory=memory, later=70)
    assert found == Lease(NOW + timedelta(seconds=140))
    assert kube.reads == 2


async def test_the_lease_of_an_earlier_job_of_that_name_renews_nothing():
    found = await look(Reads(renewed(10, "another")), leased())
    assert found is not None
    assert found.over


async def test_a_lease_that_may_not_be_read_is_not_over():
    error = RefusedError("no", status=403, reason="Forbidden", detail="no", causes=())
    assert await look(Reads(error=error), leased()) == Lease(NOW + timedelta(seconds=20))


async def test_an_api_server_that_is_away_ends_the_look():
    with pytest.raises(UnavailableError):
        await look(Reads(error=UnavailableError("away")), leased())


@pytest.mark.parametrize(
    "changes", [{"spec": {"cancel": "Graceful"}}, {"status": {"reason": "LeaseExpired"}}]
)
async def test_the_lease_of_a_job_that_is_being_ended_is_not_read(changes):
    kube = Reads()
    assert await look(kube, leased(**changes)) is None
    assert kube.reads == 0
