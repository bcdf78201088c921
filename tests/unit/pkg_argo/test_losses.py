"""A statement whose pod is deleted while it runs: the job ends, before Argo makes the pod again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pkg_argo.seen import Seen
from pkg_argo.statuses import derive
from sqlflow.wire.statuses import Phase
from tests.unit.pkg_argo.recordings import Recording, job, recording

if TYPE_CHECKING:
    from pkg_argo.job import JobStatus

DELETED = (
    "The step's pod was deleted before the step was done. It is not run again by itself, for it "
    "may have written: look at the tables before a new job"
)
LOST = "The pod of s01-select was deleted while its statement ran, so the job is ended"


def going(state: dict[str, Any] | None = None, **metadata: str) -> Recording:
    """A running step whose pod was asked to go; its program is in that state, if not running."""
    shot = recording("stubborn-before")
    pod: Any = shot.seen.pods[0]
    pod["metadata"] |= {"deletionTimestamp": "2026-11-23T01:05:41Z", **metadata}
    if state is not None:
        main = next(it for it in pod["status"]["containerStatuses"] if it["name"] == "main")
        main["state"] = state
    return shot


def shut_down(name: str) -> Recording:
    shot = recording(name)
    assert shot.seen.workflow is not None
    shot.seen.workflow["spec"]["shutdown"] = "Stop"
    return shot


def told(status: JobStatus) -> list[tuple[str, str]]:
    return [(step.phase, step.reason) for step in status.steps]


def test_a_job_is_ended_whose_running_pod_is_deleted() -> None:
    shot = going()
    status = derive(job(), shot.seen, now=shot.now)
    assert (status.phase, status.reason, status.message) == ("Running", "StepLost", LOST)
    assert [(s.phase, s.reason, s.message) for s in status.steps] == [
        ("Running", "PodDeleted", DELETED)
    ]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"terminated": {"exitCode": 143}}, "StepLost"),
        ({"terminated": {"exitCode": 0}}, ""),
        ({"waiting": {"reason": "PodInitializing"}}, ""),
    ],
    ids=["ended by the deletion", "done", "not begun"],
)
def test_only_a_statement_that_was_interrupted_is_lost(state, reason) -> None:
    shot = going(state)
    assert derive(job(), shot.seen, now=shot.now).reason == reason


def test_a_statement_that_may_be_done_twice_is_left_to_argo() -> None:
    shot = going()
    assert shot.seen.workflow is not None
    template = {"name": "s01-select", "retryStrategy": {"limit": "1"}}
    shot.seen.workflow["spec"]["templates"] = [{"name": "program"}, template]
    status = derive(job(), shot.seen, now=shot.now)
    assert (status.reason, told(status)) == ("PodDeleted", [("Running", "PodDeleted")])


def test_a_step_that_argo_is_done_with_lost_nothing() -> None:
    shot, end = going(), recording("success")
    seen = Seen(workflow=end.seen.workflow, pods=shot.seen.pods, program=end.seen.program)
    assert derive(job(), seen, now=end.now).phase is Phase.SUCCEEDED


def test_a_lost_step_fails_its_job_when_its_program_is_dead_and_not_before() -> None:
    first, alive, end = going(), shut_down("stubborn-alive"), shut_down("shutdown")
    status = derive(job(), first.seen, now=first.now)
    status = derive(job(status), alive.seen, now=alive.now)
    assert (status.phase, status.reason) == ("Running", "StepLost")
    assert told(status) == [("Running", "PodDeleted")]

    status = derive(job(status), end.seen, now=end.now)
    assert (status.phase, status.reason) == ("Failed", "PodDeleted")
    assert status.message == f"step s01-select, line 1: {DELETED}"
    assert told(status) == [("Failed", "PodDeleted")]


def test_a_lost_step_stays_so_while_argo_has_yet_to_take_note_of_the_shutdown() -> None:
    shot = going()
    workflow = shot.seen.workflow
    assert workflow is not None
    for node in workflow["status"]["nodes"].values():
        node["phase"] = "Pending"
    before = derive(job(), shot.seen, now=shot.now)
    workflow["spec"]["shutdown"] = "Stop"
    after = derive(job(before), shot.seen, now=shot.now)
    assert [told(before), told(after)] == [[("Pending", "PodDeleted")]] * 2


def test_a_pod_that_was_evicted_is_told_so_in_the_end() -> None:
    first, end = going(), shut_down("shutdown")
    target = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    first.seen.pods[0]["status"]["conditions"].append({**target, "message": "Eviction API"})
    status = derive(job(), first.seen, now=first.now)
    assert (status.reason, told(status)) == ("StepLost", [("Running", "Evicted")])

    status = derive(job(status), end.seen, now=end.now)
    assert (status.phase, status.reason) == ("Failed", "Evicted")
    assert told(status) == [("Failed", "Evicted")]


def test_a_pod_that_is_killed_because_the_job_was_ended_is_not_lost() -> None:
    shot = going()
    assert shot.seen.workflow is not None
    shot.seen.workflow["spec"]["shutdown"] = "Stop"
    status = derive(job(cancel="Graceful"), shot.seen, now=shot.now)
    assert (status.reason, told(status)) == ("", [("Running", "")])
