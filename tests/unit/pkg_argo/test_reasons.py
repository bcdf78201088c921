from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkg_argo.reasons import ADVICE, LIMIT, cut, failure, finding, known, sayings
from tests.unit.pkg_argo.recordings import Recording, recording


def pod_of(name: str) -> tuple[Recording, dict[str, Any]]:
    shot = recording(name)
    return shot, dict(shot.seen.pods[0])


@pytest.mark.parametrize(
    ("message", "reason", "text"),
    [
        ("main: Error (exit code 3): no table", "StepFailed", "no table"),
        ("main: Error (exit code 3): two\nlines", "StepFailed", "two\nlines"),
        (
            "main: Error (exit code 3)",
            "StepFailed",
            "The step ended with exit code 3; its log may say why",
        ),
        ("", "StepFailed", "The step failed, and nobody said why"),
        ("something new", "StepFailed", "something new"),
        ("main: Error (exit code 1): [1]", "StepFailed", "[1]"),
        ('main: Error (exit code 1): {"a": 1}', "StepFailed", '{"a": 1}'),
        (
            "main: Error (exit code 143)",
            "Terminated",
            "The step was ended from outside (exit code 143)",
        ),
        (
            "main: Error (exit code 137)",
            "Terminated",
            "The step was ended from outside (exit code 137)",
        ),
    ],
)
def test_a_failed_step_is_told_in_its_own_words(message, reason, text) -> None:
    found = failure([message])
    assert (found.reason, found.message) == (reason, text)


@pytest.mark.parametrize(
    ("own", "reason", "message"),
    [
        ("DATA", "DATA", "no rows"),
        ("", "StepFailed", "no rows"),
        (
            "OutOfMemory",
            "OOMKilled",
            "no rows. Give the step more memory in stepDefaults or by SET step.memory",
        ),
        ("Cancelled", "Terminated", "The step was ended from outside (exit code 1)"),
        ("R" * 100, "R" * 60 + " …", "no rows"),
    ],
)
def test_the_step_gives_its_reason_as_json(own, reason, message) -> None:
    said = json.dumps({"message": "no rows", "reason": own, "phase": "Failed"})
    found = failure([f"main: Error (exit code 1): {said}"])
    assert (found.reason, found.message) == (reason, message)


@pytest.mark.parametrize(
    "quoted",
    [
        'secret "x" not found',
        "pod deleted",
        "exceeded quota: all",
        "violates PodSecurity x",
        "workflowtaskresults.argoproj.io is forbidden",
        "Evicted: no",
    ],
)
def test_what_a_step_quotes_is_not_taken_for_a_cause(quoted) -> None:
    found = failure([f"main: Error (exit code 1): {quoted}"])
    assert (found.reason, found.message) == ("StepFailed", quoted)


@pytest.mark.parametrize("text", ["", "PodInitializing", "ContainerCreating: ", "no such thing"])
def test_what_passes_by_itself_is_no_trouble(text) -> None:
    assert known([text]) is None


def test_a_secret_that_is_missing_is_told_by_events_alone() -> None:
    shot, pod = pod_of("secret")
    assert known(sayings(pod, message="PodInitializing")) is None
    found = known(sayings(pod, shot.seen.events))
    assert found is not None
    assert found.reason == "SecretNotFound"


def test_events_that_only_inform_are_not_read() -> None:
    event = {"type": "Normal", "message": 'secret "x" not found'}
    assert known(sayings(None, [event])) is None


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        ("EvictionByEvictionAPI", "Evicted"),
        ("PreemptionByScheduler", "Evicted"),
        ("DeletionByTaintManager", "NodeLost"),
        ("DeletionByPodGC", "NodeLost"),
    ],
)
def test_a_pod_that_is_taken_away_says_by_whom(by, reason) -> None:
    _, pod = pod_of("success-running")
    target = {"type": "DisruptionTarget", "status": "True", "reason": by, "message": "taken"}
    pod["status"]["conditions"].append(target)
    found = known(sayings(pod))
    assert found is not None
    assert (found.reason, found.message) == (reason, f"taken. {ADVICE[reason]}")


def test_a_running_pod_that_became_unready_without_a_reason_is_on_a_lost_node() -> None:
    _, pod = pod_of("success-running")
    ready = next(c for c in pod["status"]["conditions"] if c["type"] == "Ready")
    ready["status"] = "False"
    found = known(sayings(pod))
    assert found is not None
    assert found.reason == "NodeLost"
    assert found.message.startswith("node devcluster does not answer. The pod's node")


def test_a_pod_whose_program_ended_before_the_others_is_not_on_a_lost_node() -> None:
    _, pod = pod_of("stubborn-alive")
    assert known(sayings(pod)) is None


@pytest.mark.parametrize(
    "text",
    [
        "The node was low on resource: memory.",
        "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.",
        'Usage of EmptyDir volume "tmp" exceeds the limit "1Mi". ',
        "Terminated: Pod was terminated in response to imminent node shutdown.",
    ],
)
def test_an_eviction_is_known_by_its_words_when_the_pod_is_gone(text) -> None:
    assert failure([text]).reason == "Evicted"


@given(st.text(max_size=2000), st.integers(4, 1024))
def test_a_text_is_cut_to_bytes_between_characters(text, limit) -> None:
    short = cut(text, limit)
    whole = text.encode("utf-8", "replace").decode()
    assert len(short.encode()) <= limit
    assert short == whole or whole.startswith(short.removesuffix(" …"))


@pytest.mark.parametrize("reason", ADVICE)
def test_a_long_text_leaves_room_for_the_advice(reason) -> None:
    message = finding(reason, "中" * 2000).message
    assert message.endswith(f" …. {ADVICE[reason]}")
    assert len(message.encode()) <= LIMIT


@pytest.mark.parametrize(
    ("limits", "than"), [({"memory": "96Mi"}, "its limit of 96Mi"), ({}, "it may use")]
)
def test_a_step_that_was_killed_for_its_memory_names_its_limit(limits, than) -> None:
    _, pod = pod_of("oom")
    pod["spec"] = {"containers": [{"name": "main", "resources": {"limits": limits}}]}
    found = known(sayings(pod, message="main: OOMKilled (exit code 137)"))
    assert found is not None
    assert found.reason == "OOMKilled"
    assert found.message.startswith(f"The step needed more memory than {than}, and was killed. ")


@pytest.mark.parametrize("reason", ADVICE)
def test_each_reason_is_in_the_document(reason) -> None:
    document = Path(__file__).parents[3] / "docs" / "sqlflowjob.md"
    assert f"`{reason}`" in document.read_text("utf-8")
