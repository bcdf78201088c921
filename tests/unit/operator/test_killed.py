"""An operator that dies at any of its writes, while others delete Workflows: nothing runs twice."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st
from sqlflow_operator.acting import Actor
from sqlflow_operator.failpoints import FailPoints
from sqlflow_operator.looking import Key, Looker
from sqlflow_operator.memory import Memory
from sqlflow_operator.metrics import Metrics

from pkg_argo.kube import JOBS
from tests.unit.operator.clusters import FakeKube
from tests.unit.operator.jobs import NOW, POLICY, WORKFLOW, job_object

if TYPE_CHECKING:
    from pkg_argo.kube import Object, Resource

WRITES = 4
"""Of the first look at a job: Workflow, status, ConfigMap, Event."""


class Killed(BaseException):
    """The operator is no more."""


class Cluster(FakeKube):
    """Notes which Workflows were able to run: their pods mount the program.

    Attributes:
        made: the uids of all Workflows.
        ran: of those that were there together with the program.
    """

    def __init__(self) -> None:
        self.made: set[str] = set()
        self.ran: set[str] = set()
        super().__init__((JOBS, job_object()))

    def put(self, resource: Resource, body: Object) -> Object:
        made = super().put(resource, body)
        flow = self.objects.get(("workflows", "jobs", WORKFLOW))
        if flow:
            self.made.add(flow["metadata"]["uid"])
        if flow and ("configmaps", "jobs", WORKFLOW) in self.objects:
            self.ran.add(flow["metadata"]["uid"])
        return made

    async def live(self, writes: int) -> None:
        """Have an operator look at the job that dies before it writes once more than that."""
        left = iter(range(writes))

        def write(_verb: str, _resource: Resource) -> None:
            if next(left, None) is None:
                raise Killed

        self.before = write
        metrics = Metrics()
        actor = Actor(kube=self, metrics=metrics, fail_points=FailPoints(), clock=lambda: NOW)
        looker = Looker(kube=self, actor=actor, policy=POLICY, memory=Memory(), metrics=metrics)
        with contextlib.suppress(Killed):
            await looker.look(Key("jobs", "iris"))

    def delete_workflow(self) -> None:
        self.objects.pop(("workflows", "jobs", WORKFLOW), None)

    @property
    def status(self) -> Object:
        found: Object = self.objects["sqlflowjobs", "jobs", "iris"]["status"]
        return found


async def live_and_die(lives: list[tuple[int, bool]]) -> Cluster:
    cluster = Cluster()
    for writes, deleted in lives:
        await cluster.live(writes)
        if deleted:
            cluster.delete_workflow()
    await cluster.live(100)
    return cluster


@given(st.lists(st.tuples(st.integers(0, WRITES), st.booleans()), max_size=4))
@example([(1, True)])
@example([(2, True)])
def test_statements_run_at_most_once_whoever_dies_and_whatever_is_deleted(lives) -> None:
    cluster = asyncio.run(live_and_die(lives))
    assert len(cluster.ran) <= 1
    if cluster.status.get("reason") == "WorkflowLost":
        assert ("workflows", "jobs", WORKFLOW) not in cluster.objects
    else:
        assert cluster.ran == {cluster.status["workflow"]["uid"]}


@given(st.lists(st.integers(0, WRITES), max_size=4))
def test_a_job_has_one_workflow_wherever_its_operators_die(lives) -> None:
    cluster = asyncio.run(live_and_die([(writes, False) for writes in lives]))
    assert len(cluster.made) == 1
    assert cluster.ran == cluster.made == {cluster.status["workflow"]["uid"]}
