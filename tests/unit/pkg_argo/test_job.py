"""The model of a SQLFlowJob: what it reads, what it writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from pkg_argo.job import Cancel, DataSource, JobStatus, Resources, SQLFlowJob, StepStatus
from sqlflow.errors import UserError
from sqlflow.plan.dialects import DIALECTS, PLANNED_ONLY
from sqlflow.plan.program import Execution
from sqlflow.wire.statuses import Phase


def manifest(**spec: Any) -> dict[str, Any]:
    source = {"dialect": "mysql", "secretRef": {"name": "iris-db"}}
    return {
        "apiVersion": "sqlflow.org/v1alpha1",
        "kind": "SQLFlowJob",
        "metadata": {"name": "iris", "namespace": "jobs"},
        "spec": {"program": "SELECT 1", "dataSource": source, **spec},
    }


def test_a_manifest_is_read_in_camel_case() -> None:
    job = SQLFlowJob.from_dict(
        manifest(
            ttlSecondsAfterFinished=60,
            stepDefaults={"nodeSelector": {"disk": "ssd"}, "resources": {"memory": "4Gi"}},
        )
    )

    assert job.spec.ttl_seconds_after_finished == 60
    assert job.spec.step_defaults.node_selector == {"disk": "ssd"}
    assert job.spec.step_defaults.resources.memory == "4Gi"


def test_what_a_manifest_leaves_out_has_its_default() -> None:
    spec = SQLFlowJob.from_dict(manifest()).spec

    assert spec.execution is Execution.PARALLEL
    assert spec.data_source.secret_ref.key == "dsn"
    assert spec.cancel is Cancel.NO
    assert not spec.suspend


def test_a_job_is_written_as_the_api_server_creates_it() -> None:
    job = SQLFlowJob.from_dict(manifest(submitter="ann", cancel="Graceful"))

    assert job.to_dict() == {
        "apiVersion": "sqlflow.org/v1alpha1",
        "kind": "SQLFlowJob",
        "metadata": {"name": "iris", "namespace": "jobs", "generation": 0},
        "spec": {
            "program": "SELECT 1",
            "dataSource": {"dialect": "mysql", "secretRef": {"name": "iris-db", "key": "dsn"}},
            "execution": "Parallel",
            "suspend": False,
            "cancel": "Graceful",
            "submitter": "ann",
        },
    }


def test_a_field_of_a_newer_version_is_no_hindrance() -> None:
    assert SQLFlowJob.from_dict(manifest(later=1)).spec.program == "SELECT 1"


def test_a_number_of_cores_may_be_written_as_a_number() -> None:
    assert Resources.from_dict({"cpu": 2}).cpu == "2"


@pytest.mark.parametrize("value", ["two", "-1", "1 Gi", "1Gb", "", True, 1.5])
def test_what_is_no_quantity_is_refused(value: object) -> None:
    with pytest.raises(UserError, match=r"^Resources: memory: "):
        Resources.from_dict({"memory": value})


def test_what_does_not_fit_is_told_by_field_and_without_its_value() -> None:
    with pytest.raises(UserError) as caught:
        SQLFlowJob.from_dict(manifest(program=["secret"], parallelism=0))

    assert str(caught.value) == (
        "SQLFlowJob: spec.program: Input should be a valid string;"
        " spec.parallelism: Input should be greater than or equal to 1"
    )


def test_a_job_can_not_be_changed() -> None:
    job = SQLFlowJob.from_dict(manifest())

    with pytest.raises(ValidationError, match="frozen"):
        job.spec.suspend = True


def test_the_dialects_are_those_that_programs_are_run_on() -> None:
    dialects = get_args(DataSource.model_fields["dialect"].annotation)

    assert list(dialects) == sorted(set(DIALECTS.values()) - PLANNED_ONLY)


def test_a_text_that_is_too_long_for_the_status_is_cut() -> None:
    step = StepStatus(id="s01-select", message="x" * 2000, reason="y" * 64)

    assert step.message == "x" * 1022 + " …"
    assert step.reason == "y" * 64


def test_a_time_is_written_to_the_second() -> None:
    at = datetime(2026, 11, 23, 2, 0, 0, 999999, tzinfo=UTC)

    assert StepStatus(id="s01-select", started_at=at).to_dict()["startedAt"] == (
        "2026-11-23T02:00:00Z"
    )


def test_a_status_that_has_not_changed_needs_no_patch() -> None:
    status = JobStatus(phase=Phase.RUNNING, steps=(StepStatus(id="s01-select"),))

    assert JobStatus.from_dict(status.to_dict()).patch_from(status) == {}


def test_a_patch_holds_what_has_changed_and_takes_away_what_is_gone() -> None:
    old = JobStatus(phase=Phase.PENDING, reason="Unschedulable", progress="0/1")
    new = JobStatus(phase=Phase.RUNNING, progress="0/1", step="s01-select")

    assert new.patch_from(old) == {"phase": "Running", "step": "s01-select", "reason": None}


def test_the_largest_status_fits_into_an_object() -> None:
    steps = tuple(
        StepStatus(id=f"s{i:03}-{'x' * 58}", message="é" * 1024, reason="y" * 64, pod="p" * 253)
        for i in range(200)
    )
    status = JobStatus(message="é" * 8192, steps=steps)

    assert len(status.model_dump_json(by_alias=True).encode()) < 600_000
