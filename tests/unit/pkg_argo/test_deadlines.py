from __future__ import annotations

from typing import Any

import pytest

from pkg_argo.deadlines import Limits, next_moment, passed
from pkg_argo.job import JobStatus
from tests.unit.pkg_argo.recordings import at, job, recording

BEGUN = JobStatus(started_at=at("2026-11-23T02:00:00Z"))
BOTH = Limits(active=100, pending=30)


def workflow(*, phase: str = "", **nodes: dict[str, str]) -> dict[str, Any]:
    found = {
        step: {"id": step, "type": "Pod", "templateName": step, "displayName": step, **node}
        for step, node in nodes.items()
    }
    return {
        "metadata": {"name": "iris-1", "creationTimestamp": "2026-11-23T01:59:00Z"},
        "status": {"phase": phase, "nodes": found},
    }


def waiting(since: str) -> dict[str, str]:
    return {"phase": "Pending", "startedAt": since}


@pytest.mark.parametrize(
    ("now", "reason"),
    [("2026-11-23T02:01:39Z", None), ("2026-11-23T02:01:40Z", "DeadlineExceeded")],
)
def test_a_job_may_run_so_long_from_its_first_step_on(now, reason) -> None:
    found = passed(BOTH, workflow(phase="Running"), BEGUN, at(now))
    assert (found.reason if found else None) == reason


@pytest.mark.parametrize(
    ("now", "reason"),
    [("2026-11-23T02:00:39Z", None), ("2026-11-23T02:00:40Z", "PendingDeadlineExceeded")],
)
def test_each_step_may_wait_so_long_from_its_turn_on(now, reason) -> None:
    flow = workflow(phase="Running", s02=waiting("2026-11-23T02:00:10Z"))
    found = passed(BOTH, flow, BEGUN, at(now))
    assert (found.reason if found else None) == reason


def test_a_step_that_runs_does_not_wait() -> None:
    flow = workflow(phase="Running", s01={"phase": "Running", "startedAt": "2026-11-23T01:00:00Z"})
    assert passed(Limits(pending=30), flow, BEGUN, at("2026-11-23T05:00:00Z")) is None


def test_a_workflow_that_argo_does_not_look_at_waits_too() -> None:
    found = passed(BOTH, workflow(), JobStatus(), at("2026-11-23T02:00:00Z"))
    assert found is not None
    assert found.reason == "PendingDeadlineExceeded"
    assert found.message == (
        "The Workflow waited for 30 seconds, the job's pendingDeadlineSeconds: "
        "Argo has not looked at it"
    )


def test_without_limits_nothing_passes_but_argos_silence() -> None:
    now = at("2026-11-25T00:00:00Z")
    assert passed(Limits(), workflow(phase="Running"), BEGUN, now) is None
    silent = passed(Limits(), workflow(), BEGUN, now)
    assert silent is not None
    assert silent.reason == "ControllerNotResponding"


def test_how_long_argo_may_be_silent_is_the_administrators() -> None:
    patient = Limits.of(job(activeDeadlineSeconds=5).spec, default=Limits(silence=7200))
    hour_later = at("2026-11-23T03:00:00Z")
    said = [passed(limits, workflow(), JobStatus(), hour_later) for limits in (Limits(), patient)]
    assert [it and it.reason for it in said] == ["ControllerNotResponding", None]


def test_nothing_passes_after_the_end() -> None:
    assert passed(BOTH, workflow(phase="Failed"), BEGUN, at("2026-11-25T00:00:00Z")) is None


def test_nothing_passes_before_there_is_a_workflow() -> None:
    assert passed(BOTH, None, BEGUN, at("2026-11-25T00:00:00Z")) is None


def test_the_operator_wakes_for_what_comes_first_and_has_not_passed() -> None:
    steps = {"s01": waiting("2026-11-23T02:00:00Z"), "s02": waiting("2026-11-23T02:00:20Z")}
    flow = workflow(phase="Running", **steps)
    moments = [
        next_moment(BOTH, flow, BEGUN, at(f"2026-11-23T02:{now}Z"))
        for now in ("00:00", "00:30", "00:50", "01:40")
    ]
    assert moments == [
        at("2026-11-23T02:00:30Z"),
        at("2026-11-23T02:00:50Z"),
        at("2026-11-23T02:01:40Z"),
        None,
    ]


def test_a_recorded_pod_that_cannot_be_scheduled_waits_since_its_node_was_made() -> None:
    shot = recording("unschedulable")
    moment = next_moment(Limits(pending=60), shot.seen.workflow, JobStatus(), shot.now)
    assert moment == at("2026-11-23T01:05:40Z")


def test_a_job_without_deadlines_has_the_operators() -> None:
    assert Limits.of(job().spec, default=BOTH) == BOTH
    own = job(activeDeadlineSeconds=5, pendingDeadlineSeconds=6)
    assert Limits.of(own.spec, default=BOTH) == Limits(active=5, pending=6)
