"""What is done for a job, row by row of what may be seen of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlflow_operator.actions import DeleteJob, DeletePod, Requeue, Shutdown, Suspend
from sqlflow_operator.obstacles import Obstacle
from sqlflow_operator.reconciling import Observation, reconcile

from pkg_argo.deadlines import Limits
from pkg_argo.reasons import Finding
from pkg_argo.seen import Seen
from tests.unit.operator.jobs import (
    NOW,
    POLICY,
    WORKFLOW,
    ago,
    job,
    kinds,
    pod,
    program,
    submitted,
    templates,
    workflow,
    written,
)


def decide(observed, *, policy=POLICY, now=NOW):
    return reconcile(observed, now=now, policy=policy)


def running(spec=None, *, status=None, pods=(), phase="Running", recorded=True, **wf):
    seen = Seen(workflow=workflow(phase, **wf), pods=pods, program=program())
    return Observation(job=job(spec, status or submitted()), seen=seen, recorded=recorded)


# A job without a Workflow


def test_a_new_job_gets_a_workflow():
    actions = decide(Observation(job=job(), seen=Seen(program=program()), recorded=False))
    assert kinds(actions) == ["CreateWorkflow"]


def made(flow=None, *, spec=None, status=None):
    """A job whose Workflow is there, and can't run as long as the program is not."""
    seen = Seen(workflow=flow or workflow(""), program=program())
    return Observation(job=job(spec, status), seen=seen, recorded=False)


def test_a_workflow_that_was_made_is_given_its_program_and_written_down():
    actions = decide(made())
    assert kinds(actions)[:3] == ["CreateConfigMap", "PatchStatus", "Emit"]
    assert written(actions).workflow.name == WORKFLOW
    assert actions[2].reason == "Submitted"


def test_what_keeps_a_workflow_from_its_program_is_said_once():
    refused = Obstacle(Finding("QuotaExceeded", "exceeded quota: configmaps"), final=False)
    said = written(decide(replace(made(), obstacle=refused))).to_dict()
    assert kinds(decide(made(status=said)))[0] == "CreateConfigMap"  # Which ends the look.
    assert kinds(decide(replace(made(status=said), obstacle=refused))) == ["Requeue"]


@pytest.mark.parametrize(
    "ended",
    [{"spec": {"cancel": "Graceful"}}, {"flow": workflow("", shutdown="Stop")}],
    ids=["cancelled", "shut down"],
)
def test_a_workflow_that_is_ended_is_not_given_its_program(ended):
    assert "CreateConfigMap" not in kinds(decide(made(**ended)))


def test_a_workflow_that_was_made_of_another_plan_is_not_given_this_one():
    actions = decide(made(workflow("", templates=templates("s01-select"))))
    assert kinds(actions) == ["PatchStatus", "Requeue"]
    status = written(actions)
    assert (status.phase, status.reason) == ("Pending", "ProgramChanged")
    assert "No statement has run" in status.message


def test_a_workflow_that_waits_for_good_is_ended_with_its_job():
    other = workflow("", templates=templates("s01-select"))
    waiting = {"pendingDeadlineSeconds": 99}  # made 100 s ago
    actions = decide(made(other, spec=waiting, status=submitted(phase="Pending")))
    assert actions[0] == Shutdown(WORKFLOW, "Terminate")
    status = written(actions)
    assert (status.phase, status.reason) == ("Failed", "ProgramChanged")
    assert [step.phase for step in status.steps] == ["Skipped", "Skipped"]
    assert "WorkflowCreated" not in [it.type for it in status.conditions]


def test_a_suspended_job_is_not_submitted():
    actions = decide(Observation(job=job({"suspend": True})))
    assert kinds(actions) == ["PatchStatus"]
    assert (written(actions).phase, written(actions).reason) == ("Pending", "Suspended")


def test_a_job_that_is_cancelled_before_it_began_is_over():
    actions = decide(Observation(job=job({"cancel": "Graceful"})))
    assert kinds(actions) == ["PatchStatus", "Emit"]
    assert written(actions).phase == "Cancelled"


def test_a_lost_workflow_is_never_made_again():
    actions = decide(Observation(job=job(status=submitted()), seen=Seen(program=program())))
    assert "CreateWorkflow" not in kinds(actions)
    assert (written(actions).phase, written(actions).reason) == ("Failed", "WorkflowLost")


# Something in the way


def test_what_can_never_run_has_failed_without_a_workflow():
    obstacle = Obstacle(Finding("ProgramInvalid", "line 3, column 4: …"), final=True)
    actions = decide(Observation(job=job(), obstacle=obstacle))
    assert kinds(actions) == ["PatchStatus", "Emit"]
    status = written(actions)
    assert (status.phase, status.reason) == ("Failed", "ProgramInvalid")
    accepted = {c.type: c for c in status.conditions}["Accepted"]
    assert (accepted.status, accepted.message) == ("False", "line 3, column 4: …")


def test_what_may_pass_is_waited_for():
    obstacle = Obstacle(Finding("ProgramNotFound", "no ConfigMap p"), final=False)
    actions = decide(Observation(job=job(), obstacle=obstacle))
    assert kinds(actions) == ["PatchStatus", "Requeue"]
    status = written(actions)
    assert (status.phase, status.reason) == ("Pending", "ProgramNotFound")
    assert {c.type: c.status for c in status.conditions}["Stalled"] == "True"


def test_what_is_waited_for_is_said_once():
    obstacle = Obstacle(Finding("ProgramNotFound", "no ConfigMap p"), final=False)
    first = decide(Observation(job=job(), obstacle=obstacle))
    again = job(status=written(first).to_dict())
    assert kinds(decide(Observation(job=again, obstacle=obstacle))) == ["Requeue"]


def test_what_does_not_pass_before_the_pending_deadline_has_failed():
    obstacle = Obstacle(Finding("ProgramNotFound", "no ConfigMap p"), final=False)
    waiting = job({"pendingDeadlineSeconds": 99})  # made 100 s ago
    actions = decide(Observation(job=waiting, obstacle=obstacle))
    assert (written(actions).phase, written(actions).reason) == ("Failed", "ProgramNotFound")


def test_a_job_with_an_obstacle_can_be_cancelled():
    obstacle = Obstacle(Finding("ProgramNotFound", "no ConfigMap p"), final=False)
    actions = decide(Observation(job=job({"cancel": "Immediate"}), obstacle=obstacle))
    assert written(actions).phase == "Cancelled"


def test_a_step_that_asks_for_what_none_can_have_fails_the_job():
    planned = program()
    odd = replace(planned.statements[0], settings={"memory": "{{much}}"})
    seen = Seen(program=replace(planned, statements=(odd,)))
    actions = decide(Observation(job=job(), seen=seen))
    assert kinds(actions) == ["PatchStatus", "Emit"]
    assert written(actions).reason == "ProgramInvalid"


# A Workflow that goes on


def test_nothing_is_written_when_nothing_changed():
    settled = written(decide(running())).to_dict()
    assert kinds(decide(running(status=settled))) == []


@pytest.mark.parametrize(("cancel", "strategy"), [("Graceful", "Stop"), ("Immediate", "Terminate")])
def test_a_cancelled_job_has_its_workflow_ended(cancel, strategy):
    assert Shutdown(WORKFLOW, strategy) in decide(running({"cancel": cancel}))


def test_a_workflow_that_is_stopped_already_is_left_alone():
    actions = decide(running({"cancel": "Graceful"}, shutdown="Stop"))
    assert "Shutdown" not in kinds(actions)


def test_a_graceful_cancel_may_become_an_immediate_one():
    actions = decide(running({"cancel": "Immediate"}, shutdown="Stop"))
    assert Shutdown(WORKFLOW, "Terminate") in actions


def test_a_terminated_workflow_is_not_stopped_again():
    actions = decide(running({"cancel": "Graceful"}, shutdown="Terminate"))
    assert "Shutdown" not in kinds(actions)


def test_a_workflow_that_is_over_is_not_ended():
    over = running({"cancel": "Graceful"}, phase="Succeeded")
    actions = decide(over)
    assert "Shutdown" not in kinds(actions)
    assert written(actions).phase == "Succeeded"


@pytest.mark.parametrize(("wanted", "is_so"), [(True, False), (False, True)])
def test_suspend_follows_the_job(wanted, is_so):
    actions = decide(running({"suspend": wanted}, suspend=is_so))
    assert Suspend(WORKFLOW, wanted) in actions


def test_a_workflow_that_is_ended_is_not_resumed():
    actions = decide(running({"cancel": "Graceful"}, suspend=True, shutdown="Stop"))
    assert "Suspend" not in kinds(actions)


# Deadlines


def test_a_deadline_is_written_down_before_it_is_acted_upon():
    late = submitted(startedAt=ago(61))
    actions = decide(running({"activeDeadlineSeconds": 60}, status=late))
    assert kinds(actions)[:1] == ["PatchStatus"]
    assert written(actions).reason == "DeadlineExceeded"
    assert actions.index(Shutdown(WORKFLOW, "Stop")) > 0


def test_the_operator_looks_again_when_a_deadline_is_due():
    started = submitted(startedAt=ago(20))
    actions = decide(running({"activeDeadlineSeconds": 60}, status=started))
    assert Requeue(40) in actions


def test_the_default_deadline_is_the_policys():
    late = running(status=submitted(startedAt=ago(61)))
    policy = replace(POLICY, limits=Limits(active=60))
    assert Shutdown(WORKFLOW, "Stop") in decide(late, policy=policy)


# Pods that outlive the end


def ending(cancel: str, *, since: float, **of_pod):
    return running(
        {"cancel": cancel},
        pods=[pod(**of_pod)],
        stopped=since,
        phase="Failed",
        shutdown="Stop",
    )


def test_a_pod_has_its_grace():
    actions = decide(ending("Graceful", since=29))
    assert "DeletePod" not in kinds(actions)
    assert Requeue(1) in actions


def test_a_pod_that_outlives_the_grace_is_killed():
    assert DeletePod("p1", "uid-p1") in decide(ending("Graceful", since=30))


def test_an_immediate_cancel_has_a_shorter_grace():
    assert DeletePod("p1", "uid-p1") not in decide(ending("Immediate", since=4))
    assert DeletePod("p1", "uid-p1") in decide(ending("Immediate", since=5))


def test_a_pod_that_is_being_killed_is_not_killed_again():
    killed = {"deletionTimestamp": ago(1), "deletionGracePeriodSeconds": 1}
    assert "DeletePod" not in kinds(decide(ending("Graceful", since=60, **killed)))


def test_a_pod_that_was_deleted_with_a_long_grace_is_killed_all_the_same():
    slow = {"deletionTimestamp": ago(1), "deletionGracePeriodSeconds": 300}
    assert DeletePod("p1", "uid-p1") in decide(ending("Graceful", since=60, **slow))


def test_a_job_is_cancelled_only_when_its_pods_are_dead():
    alive = decide(ending("Graceful", since=10))
    assert all(action.status.phase == "Running" for action in alive if hasattr(action, "status"))
    dead = decide(ending("Graceful", since=10, phase="Failed"))
    assert written(dead).phase == "Cancelled"
    assert "DeletePod" not in kinds(dead)


def test_pods_of_a_job_that_is_not_ended_are_never_killed():
    assert "DeletePod" not in kinds(decide(running(pods=[pod()])))


# Pods that wait


def test_a_waiting_pod_is_looked_at_again_after_ten_seconds():
    settled = written(decide(running(pods=[pod(phase="Pending", age=4)]))).to_dict()
    actions = decide(running(status=settled, pods=[pod(phase="Pending", age=4)]))
    assert actions == [Requeue(6)]


def test_what_is_said_of_a_pod_is_read_ten_seconds_after_it_has_a_node():
    late = pod(phase="Pending", age=500, scheduled=3)
    settled = written(decide(running(pods=[late]))).to_dict()
    assert decide(running(status=settled, pods=[late])) == [Requeue(7)]


def test_of_a_pod_without_a_node_its_status_says_enough():
    waits = pod(phase="Pending", age=4)
    waits["status"]["conditions"] = [{"type": "PodScheduled", "status": "False"}]
    settled = written(decide(running(pods=[waits]))).to_dict()
    assert decide(running(status=settled, pods=[waits])) == []


# After the end


def over(spec=None, *, since: float):
    done = submitted(phase="Succeeded", finishedAt=ago(since))
    return Observation(job=job(spec, done))


def test_a_job_without_a_ttl_stays():
    assert decide(over(since=10**8)) == []


def test_a_job_is_deleted_when_its_time_is_over():
    spec = {"ttlSecondsAfterFinished": 60}
    assert decide(over(spec, since=50)) == [Requeue(10)]
    assert decide(over(spec, since=60)) == [DeleteJob()]


@pytest.mark.parametrize(
    ("ttl", "decided"), [(300, [Requeue(100)]), (200, [DeleteJob()]), (None, [Requeue(3400)])]
)
def test_the_time_of_a_job_that_is_over_may_still_be_changed(ttl, decided):
    before = {"ttlSecondsAfterFinished": 250}
    policy = replace(POLICY, ttl=3600)
    assert decide(over(before, since=200), policy=policy) == [Requeue(50)]
    assert decide(over({"ttlSecondsAfterFinished": ttl}, since=200), policy=policy) == decided


def test_a_ttl_of_zero_is_no_default():
    policy = replace(POLICY, ttl=3600)
    spec = {"ttlSecondsAfterFinished": 0}
    assert decide(over(spec, since=1), policy=policy) == [DeleteJob()]
    assert decide(over(since=1), policy=policy) == [Requeue(3599)]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Cancelled"])
def test_what_is_over_is_never_submitted_again(phase):
    finished = job(status={"phase": phase, "observedGeneration": 1})
    assert decide(Observation(job=finished, seen=Seen(program=program()))) == []
