"""The sweep: which jobs are put on the queue, whatever the watches have told."""

from __future__ import annotations

from typing import Any

from sqlflow_operator.liveness import Watches
from sqlflow_operator.looking import Key
from sqlflow_operator.memory import Memory
from sqlflow_operator.sweeping import sweep

from pkg_argo.kube import JOBS
from tests.unit.operator.clusters import FakeKube
from tests.unit.operator.jobs import UID, job_object


class Keys(list[Key]):
    """In place of the queue."""

    def add(self, key: Key) -> None:
        self.append(key)


async def swept(kube: FakeKube, memory: Memory) -> list[Key]:
    keys: Any = Keys()
    await sweep(kube, ["jobs"], queue=keys, memory=memory, watches=Watches())
    return list(keys)


def version(kube: FakeKube) -> str:
    return str(kube.objects["sqlflowjobs", "jobs", "iris"]["metadata"]["resourceVersion"])


async def test_all_jobs_are_swept_by_an_operator_that_knows_none():
    kube = FakeKube((JOBS, job_object()), (JOBS, job_object(name="other")))
    assert await swept(kube, Memory()) == [Key("jobs", "iris"), Key("jobs", "other")]


async def test_a_job_that_runs_is_swept_although_it_has_not_changed():
    kube, memory = FakeKube((JOBS, job_object())), Memory()
    memory.of("jobs", "iris", UID).written[JOBS.kind] = version(kube)
    assert await swept(kube, memory) == [Key("jobs", "iris")]


async def test_a_job_that_was_found_over_is_not_swept_unless_it_has_changed():
    kube, memory = FakeKube((JOBS, job_object())), Memory()
    memory.ended("jobs", "iris", UID, version(kube))
    assert await swept(kube, memory) == []
    kube.put(JOBS, job_object({"ttlSecondsAfterFinished": 1}))
    assert await swept(kube, memory) == [Key("jobs", "iris")]


async def test_a_job_that_is_gone_is_swept_so_that_it_is_forgotten():
    memory = Memory()
    memory.ended("jobs", "gone", "u9", "12")
    memory.ended("elsewhere", "one", "u8", "12")
    assert await swept(FakeKube(), memory) == [Key("jobs", "gone")]
