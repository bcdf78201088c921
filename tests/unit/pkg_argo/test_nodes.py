from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from pkg_argo.nodes import Node, read
from pkg_argo.statuses import derive
from tests.unit.pkg_argo.recordings import job, recording


def packed(name: str) -> dict[str, Any]:
    """The recording's Workflow with its nodes as Argo keeps those of a large one."""
    workflow = dict(recording(name).seen.workflow or {})
    nodes = workflow["status"].pop("nodes")
    text = base64.b64encode(gzip.compress(json.dumps(nodes).encode())).decode()
    workflow["status"]["compressedNodes"] = text
    return workflow


def test_a_retried_step_is_one_step() -> None:
    workflow = recording("retry").seen.workflow
    assert workflow is not None
    assert read(workflow) == {
        "s01-select": Node(
            phase="Failed",
            message="main: Error (exit code 3)",
            pod="retry-3825478886",
            attempt=2,
            started_at="2026-11-23T01:04:49Z",
            finished_at="2026-11-23T01:05:05Z",
        )
    }


def test_a_step_between_two_attempts_runs() -> None:
    workflow = recording("retry").seen.workflow
    assert workflow is not None
    nodes = workflow["status"]["nodes"]
    head = next(node for node in nodes.values() if node["type"] == "Retry")
    head.update(phase="Running", finishedAt=None)
    assert read(workflow)["s01-select"].phase == "Running"


def test_an_attempt_that_waits_has_not_been_made() -> None:
    workflow = recording("unschedulable").seen.workflow
    assert workflow is not None
    assert read(workflow)["s01-select"].attempt == 0


def test_a_step_that_was_left_out_has_no_pod() -> None:
    workflow = recording("refused").seen.workflow
    assert workflow is not None
    node = read(workflow)["s03-select"]
    assert (node.phase, node.pod, node.attempt) == ("Omitted", "", 0)


@pytest.mark.parametrize("name", ["success", "refused", "retry", "pull"])
def test_compressed_nodes_are_read_like_others(name) -> None:
    workflow = recording(name).seen.workflow
    assert workflow is not None
    assert read(packed(name)) == read(workflow)


@pytest.mark.parametrize("text", ["", "!", "AAAA", "KLUv/QQAWQAAe30=", "H4sI"])
def test_nodes_that_cannot_be_unpacked_are_no_nodes(text) -> None:
    assert read({"status": {"compressedNodes": text}}) == {}


@pytest.mark.parametrize(
    ("name", "phases"),
    [
        ("success", ["Succeeded", "Succeeded"]),
        ("success-running", ["Running", "Pending"]),
        ("refused", ["Succeeded", "Failed", "Skipped"]),
        ("oom", ["Failed"]),
        ("unschedulable", ["Pending"]),
    ],
)
def test_pods_tell_where_the_nodes_are_not_in_the_workflow(name, phases) -> None:
    shot = recording(name)
    assert shot.seen.workflow is not None
    del shot.seen.workflow["status"]["nodes"]
    status = derive(job(), shot.seen, now=shot.now)
    assert [step.phase for step in status.steps] == phases


def test_a_failed_pod_is_not_yet_a_failed_step_where_nodes_are_missing() -> None:
    shot = recording("exit")
    assert shot.seen.workflow is not None
    del shot.seen.workflow["status"]["nodes"]
    shot.seen.workflow["status"]["phase"] = "Running"
    (step,) = derive(job(), shot.seen, now=shot.now).steps
    assert step.phase == "Running"
