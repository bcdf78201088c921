"""What a step asks for, of the job's defaults and its own settings."""

from __future__ import annotations

import pytest

from pkg_argo import resources
from sqlflow.errors import ProgramError
from sqlflow.plan.program import Kind, Statement


def statement(**settings: str) -> Statement:
    return Statement(
        id="s03-select", index=3, kind=Kind.STANDARD, text="SELECT 1", line=7, settings=settings
    )


def test_nothing_asked_for_leaves_it_to_the_template() -> None:
    assert resources.kubernetes_resources(statement(), {}) == {}


def test_request_and_limit_are_the_same() -> None:
    asked = {"cpu": "500m", "memory": "4Gi", "disk": "10Gi", "gpu": 1}
    expected = {
        "cpu": "500m",
        "memory": "4Gi",
        "ephemeral-storage": "10Gi",
        "nvidia.com/gpu": "1",
    }

    assert resources.kubernetes_resources(statement(), asked) == {
        "requests": expected,
        "limits": expected,
    }


def test_a_statements_setting_goes_before_the_jobs_default() -> None:
    asked = resources.kubernetes_resources(statement(memory="4Gi"), {"cpu": "1", "memory": "1Gi"})

    assert asked["limits"] == {"cpu": "1", "memory": "4Gi"}


def test_no_device_is_asked_for_with_zero() -> None:
    assert resources.kubernetes_resources(statement(gpu="0"), {"gpu": "1"}) == {}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("cpu", "lots", "a number of cores from 10m to 1024"),
        ("cpu", "4Gi", "a number of cores from 10m to 1024"),
        ("cpu", "0", "a number of cores from 10m to 1024"),
        ("memory", "512", "a size from 32Mi to 64Ti"),
        ("memory", "-1Gi", "a size from 32Mi to 64Ti"),
        ("memory", "4GB", "a size from 32Mi to 64Ti"),
        ("memory", "{{x}}", "a size from 32Mi to 64Ti"),
        ("disk", "1Ei", "a size from 16Mi to 1Pi"),
        ("gpu", "0.5", "a whole number of devices up to 99"),
        ("gpu", "100", "a whole number of devices up to 99"),
    ],
)
def test_what_no_step_can_run_with_is_refused(name: str, value: str, expected: str) -> None:
    with pytest.raises(ProgramError) as of_statement:
        resources.kubernetes_resources(statement(**{name: value}), {})
    with pytest.raises(ProgramError) as of_job:
        resources.kubernetes_resources(statement(), {name: value})

    assert str(of_statement.value) == (
        f"statement 3, line 7: expected {expected} for step.{name}, found {value!r}"
    )
    assert str(of_job.value) == (
        f"expected {expected} for stepDefaults.resources.{name}, found {value!r}"
    )


@pytest.mark.parametrize(
    ("settings", "default", "times"),
    [({}, 0, 0), ({}, 2, 2), ({"retries": "5"}, 2, 5), ({"retries": "0"}, 2, 0)],
)
def test_retries_of_a_statement_go_before_the_jobs(
    settings: dict[str, str], default: int, times: int
) -> None:
    assert resources.retries(statement(**settings), default) == times


def test_retries_are_a_number() -> None:
    with pytest.raises(ProgramError) as refused:
        resources.retries(statement(retries="many"), 0)

    assert str(refused.value) == (
        "statement 3, line 7: expected a number up to 99 for step.retries, found 'many'"
    )
