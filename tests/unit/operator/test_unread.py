"""Jobs that nobody reads any more: what a look does with them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlflow_operator.actions import PatchStatus, Requeue
from sqlflow_operator.obstacles import of_reference
from sqlflow_operator.reading import Lease
from sqlflow_operator.reconciling import Observation, reconcile

from pkg_argo.seen import Seen
from tests.unit.operator.jobs import NOW, POLICY, job, kinds, pod, program, submitted, workflow
from tests.unit.operator.jobs import written as written_by

OVER = Lease(NOW - timedelta(seconds=1), over=True)
MESSAGE = (
    "Nobody has read the job for 60 seconds, its fetchLeaseSeconds."
    " A job that is to go on unread has to be made without a lease"
)


def leased(status=None, **spec):
    return job({"fetchLeaseSeconds": 60, **spec}, status)


def look(it, seen=None, **more):
    observation = Observation(job=it, seen=seen or Seen(), **more)
    return reconcile(observation, now=NOW, policy=POLICY)


def running(**more) -> Seen:
    return Seen(workflow=workflow(**more), pods=[pod()], program=program())


def test_its_workflow_is_stopped_once_it_is_written_down_why():
    actions = look(leased(submitted()), running(), lease=OVER)
    assert kinds(actions).index("PatchStatus") < kinds(actions).index("Shutdown")
    status = written_by(actions)
    assert (status.phase, status.reason, status.message) == ("Running", "LeaseExpired", MESSAGE)


def test_it_is_cancelled_when_its_pods_are_dead():
    noted = submitted(reason="LeaseExpired", message=MESSAGE)
    dead = Seen(
        workflow=workflow("Failed", stopped=10, shutdown="Stop"),
        pods=[pod(phase="Failed")],
        program=program(),
    )
    status = written_by(look(leased(noted), dead))
    assert (status.phase, status.reason, status.message) == ("Cancelled", "LeaseExpired", MESSAGE)


@pytest.mark.parametrize("more", [{}, {"obstacle": of_reference("There is no ConfigMap p")}])
def test_one_that_never_began_is_cancelled_at_once_and_never_begins(more):
    actions = look(leased(), Seen(program=program()), lease=OVER, **more)
    assert "CreateWorkflow" not in kinds(actions)
    status = written_by(actions)
    assert (status.phase, status.reason) == ("Cancelled", "LeaseExpired")


def test_one_that_is_suspended_before_it_began_is_cancelled():
    status = written_by(look(leased(suspend=True), lease=OVER))
    assert (status.phase, status.reason) == ("Cancelled", "LeaseExpired")


@pytest.mark.parametrize("seen", [Seen(), running(suspend=True)], ids=["not begun", "running"])
def test_a_job_is_looked_at_when_its_lease_may_be_over(seen):
    it = leased(submitted() if seen.workflow else None, suspend=True)
    actions = look(it, seen, lease=Lease(NOW + timedelta(seconds=7)))
    assert actions[-1] == Requeue(7.0)
    assert not any(
        isinstance(a, PatchStatus) and a.status.reason == "LeaseExpired" for a in actions
    )


def test_a_lease_that_ended_during_the_look_is_looked_at_soon():
    actions = look(leased(submitted()), running(), lease=Lease(NOW - timedelta(seconds=0.01)))
    assert actions[-1] == Requeue(0.1)
