"""A SQLFlowJob as the snapshot that callers get."""

from __future__ import annotations

from sqlflow_server.runners.kubernetes.snapshots import brief, monitor_url, snapshot

from sqlflow.wire.statuses import Phase
from tests.unit.server.kubernetes.jobs import job_of

STATUS = {
    "phase": "Failed",
    "reason": "StepFailed",
    "message": "no such table",
    "startedAt": "2026-01-01T00:00:05Z",
    "finishedAt": "2026-01-01T00:00:09Z",
    "steps": [
        {"id": "s01-select", "kind": "standard", "phase": "Succeeded", "attempt": 1},
        {"id": "s02-select", "kind": "standard", "phase": "Failed", "reason": "StatementFailed"},
    ],
}
CREATED = 1767225600.0
OUTLINE = (("s01-select", "standard", "SELECT 1"), ("s02-select", "standard", "SELECT 2"))


def test_a_job_that_nobody_looked_at_yet_has_the_steps_of_its_program():
    seen = snapshot(job_of(), OUTLINE, url="")
    assert (seen.id, seen.incarnation, seen.created) == ("j", "u1", CREATED)
    assert [(it.id, it.index, it.summary, it.phase) for it in seen.steps] == [
        ("s01-select", 1, "SELECT 1", Phase.PENDING),
        ("s02-select", 2, "SELECT 2", Phase.PENDING),
    ]


def test_a_job_is_as_its_status_says():
    job = job_of(status=STATUS, spec={"submitter": "ann"})
    seen = snapshot(job, OUTLINE, url="https://argo")
    assert (seen.phase, seen.reason, seen.message) == (Phase.FAILED, "StepFailed", "no such table")
    assert (seen.started, seen.finished) == (CREATED + 5, CREATED + 9)
    assert (seen.submitter, seen.url) == ("ann", "https://argo")
    assert [(it.phase, it.reason, it.attempt) for it in seen.steps] == [
        (Phase.SUCCEEDED, "", 1),
        (Phase.FAILED, "StatementFailed", 0),
    ]


def test_a_job_of_which_no_outline_is_known_has_the_steps_of_its_status():
    seen = snapshot(job_of(status=STATUS), (), url="")
    assert [it.id for it in seen.steps] == ["s01-select", "s02-select"]


def test_in_brief_a_job_is_told_of_without_its_steps():
    seen = brief(job_of(status=STATUS), url="https://argo")
    assert (seen.id, seen.phase, seen.steps) == ("j", Phase.FAILED, ())


def test_the_address_of_a_workflow_is_known_before_it_is_made():
    url = monitor_url(job_of(), "https://argo/{namespace}/{name}")
    assert url == "https://argo/jobs/j-bb82030dbc"


def test_the_address_that_the_operator_wrote_is_kept():
    status = {"workflow": {"name": "j-1", "url": "https://other/j-1"}}
    assert monitor_url(job_of(status=status), "https://argo/{name}") == "https://other/j-1"
