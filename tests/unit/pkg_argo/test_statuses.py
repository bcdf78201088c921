"""What the recordings do not show: order, loss, deadlines, and what is written."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkg_argo.deadlines import Limits
from pkg_argo.job import JobStatus, SQLFlowJob, StepStatus, WorkflowRef
from pkg_argo.reasons import Finding
from pkg_argo.seen import Seen
from pkg_argo.statuses import derive, refused, settle
from sqlflow.wire.statuses import Phase
from tests.unit.pkg_argo.recordings import Recording, at, job, names, program, recording

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = at("2026-11-23T02:00:00Z")
RANK = {Phase.PENDING: 0, Phase.RUNNING: 1}


def workflow(**status: Any) -> dict[str, Any]:
    meta = {
        "name": "iris-1",
        "namespace": "jobs",
        "uid": "w-1",
        "creationTimestamp": "2026-11-23T01:59:30Z",
    }
    return {"metadata": meta, "spec": {}, "status": status}


def seen(flow: Mapping[str, Any] | None = None, *steps: str) -> Seen:
    return Seen(workflow=flow, program=program(*(steps or ("s01-select",))))


def rank(phase: Phase) -> int:
    return RANK.get(phase, 2)


def written(status: JobStatus, shot: Recording, **spec: Any) -> JobStatus:
    new = derive(job(status, **spec), shot.seen, now=shot.now)
    return settle(status, new) or status


@given(st.lists(st.sampled_from(names()), max_size=8), st.sampled_from(["", "Graceful"]))
def test_a_status_only_goes_forward_whatever_is_seen_in_whatever_order(shots, cancel) -> None:
    status = JobStatus()
    for name in shots:
        before, status = status, written(status, recording(name), cancel=cancel)
        assert rank(status.phase) >= rank(before.phase)
        assert status == before or not before.phase.final
        assert before.started_at in (None, status.started_at)
        known = {step.id: step for step in status.steps}
        for old in before.steps:
            new = known.get(old.id, old)
            assert rank(new.phase) >= rank(old.phase)
            assert new == old or not old.phase.final
            assert old.started_at in (None, new.started_at)
            assert new.attempt >= old.attempt


@given(st.sampled_from(names()))
def test_what_was_written_is_not_written_again(name) -> None:
    shot = recording(name)
    status = derive(job(), shot.seen, now=shot.now)
    again = derive(job(status), shot.seen, now=shot.now + timedelta(hours=1))
    assert settle(status, again) is None


@given(st.sampled_from(names()))
def test_a_status_is_what_the_resource_allows(name) -> None:
    shot = recording(name)
    status = derive(job(), shot.seen, now=shot.now)
    assert JobStatus.from_dict(status.to_dict()) == status


def test_a_program_of_two_steps_costs_one_write_a_phase_and_two_more() -> None:
    begin, end = recording("success-running"), recording("success")
    status, writes = JobStatus(), []
    for shot in [
        Recording(seen(workflow(), "s01-select", "s02-train"), NOW),
        begin,
        begin,
        end,
        end,
    ]:
        new = derive(job(status), shot.seen, now=shot.now)
        if settle(status, new):
            writes.append((new.phase, new.progress, new.step))
            status = new
    assert writes == [
        ("Pending", "0/2", ""),
        ("Running", "0/2", "s01-select"),
        ("Succeeded", "2/2", ""),
    ]


def test_a_message_that_alternates_is_written_once() -> None:
    first = derive(job(), recording("pull-first").seen, now=NOW)
    second = derive(job(first), recording("pull").seen, now=NOW)
    assert first.message != second.message
    assert settle(first, second) is None


def test_a_condition_keeps_its_time_until_its_status_changes() -> None:
    shot, later = recording("pull"), recording("pull").now + timedelta(minutes=5)
    first = derive(job(), shot.seen, now=shot.now)
    end = derive(job(first, cancel="Immediate"), Seen(program=shot.seen.program), now=later)
    times = {c.type: (c.status, c.last_transition_time) for c in end.conditions}
    assert times == {
        "Accepted": ("True", shot.now),
        "WorkflowCreated": ("True", shot.now),
        "Succeeded": ("False", later),
        "Stalled": ("False", later),
    }


def test_a_new_generation_is_noted_also_after_the_end() -> None:
    old = JobStatus(phase=Phase.SUCCEEDED, observed_generation=1)
    new = derive(job(old), Seen(), now=NOW)
    assert settle(old, new) == JobStatus(phase=Phase.SUCCEEDED, observed_generation=2)


def test_before_there_is_a_workflow_the_steps_are_those_of_the_program() -> None:
    status = derive(job(), seen(None, "s01-select", "s02-train"), now=NOW)
    assert (status.phase, status.progress, status.workflow) == ("Pending", "0/2", None)
    assert status.steps == (
        StepStatus(id="s01-select", kind="standard"),
        StepStatus(id="s02-train", kind="standard"),
    )


def test_a_workflow_that_was_deleted_fails_its_job_and_is_not_made_again() -> None:
    begun = derive(job(), recording("success-running").seen, now=NOW)
    status = derive(job(begun), Seen(), now=NOW)
    assert (status.phase, status.reason) == ("Failed", "WorkflowLost")
    assert status.message == (
        "The Workflow success was deleted before the job was over. Its pods went with it. It is "
        "not run again by itself, for they may have written: look at the tables before a new job"
    )
    assert [(s.id, s.phase, s.reason) for s in status.steps] == [
        ("s01-select", "Failed", "WorkflowLost"),
        ("s02-train", "Skipped", "WorkflowLost"),
    ]


def test_a_workflow_that_is_deleted_after_the_end_changes_nothing() -> None:
    shot = recording("success")
    end = derive(job(), shot.seen, now=shot.now)
    assert derive(job(end), Seen(), now=NOW) == end


def test_a_job_that_is_cancelled_before_its_workflow_is_made_is_cancelled() -> None:
    status = derive(job(cancel="Graceful"), seen(), now=NOW)
    assert (status.phase, status.reason) == ("Cancelled", "Cancelled")
    assert [step.phase for step in status.steps] == ["Skipped"]


def test_a_request_to_cancel_ends_nothing_by_itself() -> None:
    status = derive(job(cancel="Graceful"), recording("success-running").seen, now=NOW)
    assert (status.phase, status.finished_at) == ("Running", None)


def test_a_program_that_succeeded_in_spite_of_a_request_to_cancel_has_succeeded() -> None:
    status = derive(job(cancel="Graceful"), recording("success").seen, now=NOW)
    assert status.phase is Phase.SUCCEEDED


def test_a_suspended_job_says_so() -> None:
    status = derive(job(suspend=True), seen(), now=NOW)
    assert (status.phase, status.reason) == ("Pending", "Suspended")
    assert status.message == "No further step is started while spec.suspend is true"


def test_a_workflow_that_argo_holds_back_says_why() -> None:
    flow = workflow(phase="Pending", message="too many workflows are already running")
    status = derive(job(), seen(flow), now=NOW)
    assert (status.reason, status.message) == ("Postponed", flow["status"]["message"])


def test_a_workflow_that_argo_refuses_fails_the_job_with_argos_words() -> None:
    flow = workflow(phase="Error", message="invalid spec: no such template")
    status = derive(job(), seen(flow), now=NOW)
    assert (status.phase, status.reason) == ("Failed", "WorkflowFailed")
    assert status.message == "invalid spec: no such template"


@pytest.mark.parametrize(("age", "reason"), [(59, ""), (60, "ControllerNotResponding")])
def test_a_workflow_that_argo_does_not_look_at_for_60_seconds_is_stalled(age, reason) -> None:
    now = at("2026-11-23T01:59:30Z") + timedelta(seconds=age)
    status = derive(job(), seen(workflow()), now=now)
    assert (status.phase, status.reason) == ("Pending", reason)
    stalled = next(c for c in status.conditions if c.type == "Stalled")
    assert stalled.status == ("True" if reason else "False")


def test_a_stalled_job_goes_on_when_argo_is_back() -> None:
    stalled = derive(job(), seen(workflow()), now=NOW + timedelta(minutes=5))
    status = derive(job(stalled), recording("success-running").seen, now=NOW)
    assert (status.phase, status.reason) == ("Running", "")


def test_a_job_beyond_its_deadline_is_about_to_end_and_then_failed() -> None:
    begin, end = recording("shutdown-before"), recording("shutdown")
    limits = Limits(active=20)
    first = derive(job(), begin.seen, now=at("2026-11-23T01:05:07Z"), limits=limits)
    assert (first.phase, first.reason) == ("Running", "")
    late = derive(job(first), begin.seen, now=at("2026-11-23T01:05:08Z"), limits=limits)
    assert (late.phase, late.reason) == ("Running", "DeadlineExceeded")
    last = derive(job(late), end.seen, now=end.now, limits=limits)
    assert (last.phase, last.reason) == ("Failed", "DeadlineExceeded")
    assert last.message == (
        "The job ran for 20 seconds, its activeDeadlineSeconds. "
        "Raise activeDeadlineSeconds or make the program smaller"
    )
    assert [(s.phase, s.reason) for s in last.steps] == [("Cancelled", "DeadlineExceeded")]


def test_a_deadline_that_passed_before_the_start_was_seen_is_held_at_once() -> None:
    shot = recording("shutdown-before")
    status = derive(job(), shot.seen, now=shot.now, limits=Limits(active=1))
    assert (status.phase, status.reason) == ("Running", "DeadlineExceeded")
    assert status.started_at is not None


def test_a_job_beyond_its_deadline_is_not_failed_while_its_program_lives() -> None:
    begin, alive = recording("stubborn-before"), recording("stubborn-alive")
    first = derive(job(), begin.seen, now=begin.now)
    late = derive(job(first), begin.seen, now=NOW, limits=Limits(active=1))
    last = derive(job(late), alive.seen, now=NOW)
    assert (last.phase, last.reason, last.finished_at) == ("Running", "DeadlineExceeded", None)


def test_a_step_that_waits_too_long_keeps_why_it_waited() -> None:
    shot = recording("secret")
    first = derive(job(), shot.seen, now=shot.now)
    late = derive(job(first), shot.seen, now=NOW, limits=Limits(pending=30))
    assert (late.phase, late.reason) == ("Pending", "PendingDeadlineExceeded")
    assert late.message == (
        "The pod of s01-select waited for 30 seconds, the job's pendingDeadlineSeconds: "
        'secret "nosuch" not found. '
        "Create the Secret in the job's namespace; the step then goes on by itself"
    )


def test_a_pod_that_is_cancelled_before_it_began_was_never_running() -> None:
    shot = recording("secret")
    first = derive(job(), shot.seen, now=shot.now)
    flow = copy.deepcopy(shot.seen.workflow)
    assert flow is not None
    flow["spec"]["shutdown"] = "Stop"
    flow["status"]["phase"] = "Failed"
    for node in flow["status"]["nodes"].values():
        node |= {"phase": "Failed", "message": "workflow shutdown with strategy:  Stop"}
    going = Seen(workflow=flow, pods=shot.seen.pods, program=shot.seen.program)
    status = derive(job(first, cancel="Graceful"), going, now=NOW)
    assert (status.phase, status.reason) == ("Pending", "Cancelled")
    assert [(s.phase, s.reason) for s in status.steps] == [("Pending", "Cancelled")]


@pytest.mark.parametrize("phase", ["Running", "Failed"])
def test_a_job_that_is_being_cancelled_names_the_pods_it_waits_for(phase) -> None:
    shot = recording("stubborn-alive")
    assert shot.seen.workflow is not None
    shot.seen.workflow["status"]["phase"] = phase
    status = derive(job(cancel="Graceful"), shot.seen, now=NOW)
    [pod] = shot.seen.pods
    assert (status.phase, status.reason, status.message) == (
        "Running",
        "Cancelled",
        f"The job is being cancelled; waits for the end of {pod['metadata']['name']}",
    )


def test_a_lease_that_nobody_renews_cancels_the_job() -> None:
    begin, end = recording("shutdown-before"), recording("shutdown")
    lease = Finding("LeaseExpired", "Nobody fetched for 60 seconds")
    late = derive(job(), begin.seen, now=begin.now, ending=lease)
    last = derive(job(late), end.seen, now=end.now)
    assert (last.phase, last.reason, last.message) == ("Cancelled", *_pair(lease))


def _pair(finding: Finding) -> tuple[str, str]:
    return finding.reason, finding.message


def test_a_missing_secret_is_remembered_when_events_are_not_read_again() -> None:
    shot = recording("secret")
    first = derive(job(), shot.seen, now=shot.now)
    quiet = Seen(workflow=shot.seen.workflow, pods=shot.seen.pods, program=shot.seen.program)
    assert settle(first, derive(job(first), quiet, now=NOW)) is None


def test_an_old_event_does_not_explain_a_failure() -> None:
    shot, events = recording("exit"), recording("secret").seen.events
    (pod,) = shot.seen.pods
    for event in events:
        event["involvedObject"]["name"] = pod["metadata"]["name"]
    late = Seen(
        workflow=shot.seen.workflow, pods=[pod], events=events, program=program("s01-select")
    )
    assert derive(job(), late, now=NOW).reason == "StepFailed"


def test_a_pod_that_was_being_evicted_was_not_just_deleted() -> None:
    begin, end = recording("deleted-before"), recording("deleted")
    target = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    begin.seen.pods[0]["status"]["conditions"].append({**target, "message": "Eviction API"})
    first = derive(job(), begin.seen, now=begin.now)
    last = derive(job(first), end.seen, now=end.now)
    assert (last.phase, last.reason) == ("Failed", "Evicted")


def test_a_refused_program_is_failed_and_makes_no_workflow() -> None:
    problem = "statement 1, line 2, column 7: expected WITH"
    status = refused(job(), Finding("ProgramInvalid", problem), now=NOW)
    assert (status.phase, status.reason, status.message) == ("Failed", "ProgramInvalid", problem)
    assert [(c.type, c.status, c.reason, c.message) for c in status.conditions] == [
        ("Accepted", "False", "ProgramInvalid", problem),
        ("WorkflowCreated", "False", "ProgramInvalid", ""),
        ("Succeeded", "False", "ProgramInvalid", ""),
        ("Stalled", "False", "ProgramInvalid", ""),
    ]


def test_a_workflow_that_is_refused_its_program_was_made_all_the_same() -> None:
    old = derive(job(), seen(workflow()), now=NOW)
    status = refused(job(old), Finding("ProgramChanged", "…"), now=NOW)
    created = next(c for c in status.conditions if c.type == "WorkflowCreated")
    assert created.status == "True"
    assert [(s.phase, s.reason) for s in status.steps] == [("Skipped", "ProgramChanged")]


def test_a_job_read_back_from_the_cluster_is_derived_alike() -> None:
    shot = recording("pull")
    status = derive(job(), shot.seen, now=shot.now)
    plain = {**job().to_dict(), "status": status.to_dict()}
    again = SQLFlowJob.from_dict(plain)
    assert settle(again.status, derive(again, shot.seen, now=NOW)) is None


def test_the_link_is_empty_where_no_user_interface_is_known() -> None:
    status = derive(job(), seen(workflow()), now=NOW)
    assert status.workflow == WorkflowRef(name="iris-1", uid="w-1")


def test_a_step_that_was_ended_from_outside_failed_unless_the_job_was_shut_down() -> None:
    shot = recording("exit")
    flow = shot.seen.workflow
    assert flow is not None
    said = '{"message": "the statement was cancelled", "reason": "Cancelled"}'
    for node in flow["status"]["nodes"].values():
        node["message"] = f"main: Error (exit code 143): {said}"
    failed = derive(job(), seen(flow), now=NOW)
    assert (failed.phase, failed.reason) == ("Failed", "StepFailed")
    assert [(s.phase, s.reason) for s in failed.steps] == [("Failed", "Terminated")]
    flow["spec"]["shutdown"] = "Stop"
    cancelled = derive(job(cancel="Graceful"), seen(flow), now=NOW)
    assert (cancelled.phase, cancelled.reason) == ("Cancelled", "Cancelled")
    assert [(s.phase, s.reason) for s in cancelled.steps] == [("Cancelled", "Cancelled")]
