"""What the operator remembers: which jobs are over, and what it wrote itself."""

from __future__ import annotations

import pytest
from sqlflow_operator.memory import Memory

from pkg_argo import names
from pkg_argo.kube import JOBS, PODS, WORKFLOWS


def meta(version: str, name: str = "iris", **more):
    return {"namespace": "jobs", "name": name, "uid": "u1", "resourceVersion": version, **more}


def part(version: str, uid: str = "u1", job: str = "iris"):
    labels = {names.JOB_LABEL: job, names.JOB_UID_LABEL: uid}
    return meta(version, name="part", labels=labels)


@pytest.fixture
def memory() -> Memory:
    """Of a job whose status and Workflow the operator wrote."""
    made = Memory()
    made.of("jobs", "iris", "u1").written.update({JOBS.kind: "8", WORKFLOWS.kind: "7"})
    return made


def test_what_the_operator_wrote_is_no_news(memory):
    assert memory.is_echo(meta("8"))
    assert memory.is_no_news(WORKFLOWS.kind, part("7"))


def test_what_somebody_wrote_after_it_is_news(memory):
    assert not memory.is_echo(meta("9"))
    assert not memory.is_no_news(WORKFLOWS.kind, part("9"))
    assert not memory.is_no_news(PODS.kind, part("9"))


def test_a_job_of_the_same_name_is_another(memory):
    assert not memory.is_no_news(WORKFLOWS.kind, part("7", uid="u2"))
    assert memory.of("jobs", "iris", "u2").written == {}


def test_a_job_that_is_not_known_is_news(memory):
    assert not memory.is_echo(meta("8", name="other"))
    assert not memory.is_over(meta("8", name="other"))
    assert not memory.is_no_news(WORKFLOWS.kind, part("7", job="other"))


def test_of_a_job_that_is_over_only_a_change_of_itself_is_news(memory):
    memory.ended("jobs", "iris", "u1", "12")
    assert memory.is_over(meta("12"))
    assert not memory.is_over(meta("13"))
    assert memory.is_no_news(PODS.kind, part("99"))
    assert not memory.is_no_news(PODS.kind, part("99", uid="u2"))


def test_a_job_that_runs_is_not_over(memory):
    assert not memory.is_over(meta("8"))


def test_jobs_are_remembered_by_namespace(memory):
    memory.of("others", "one", "u3")
    assert memory.of_namespace("jobs") == {("jobs", "iris")}
    assert memory.of_namespace("") == {("jobs", "iris"), ("others", "one")}
