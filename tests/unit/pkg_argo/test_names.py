"""Names and labels of what belongs to a job."""

from __future__ import annotations

import re

import pytest

from pkg_argo import names
from pkg_argo.job import SQLFlowJob

UID = "0b0c7a52-8f3e-4f7e-9d0e-0c9b6f6f4d11"


def test_the_workflows_name_follows_from_the_jobs_name_and_uid() -> None:
    assert names.workflow_name("iris", UID) == "iris-1bf8dca6a6"


def test_a_job_made_anew_under_its_old_name_gets_another_workflow() -> None:
    assert names.workflow_name("iris", UID) != names.workflow_name("iris", UID[::-1])


@pytest.mark.parametrize("job", ["a" * 52, "a" * 39 + "." + "b" * 12, "a" * 38 + "--" + "b" * 12])
def test_the_workflows_name_is_one_that_kubernetes_takes_as_a_labels_value(job: str) -> None:
    name = names.workflow_name(job, UID)

    assert len(name) <= 63
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", name)


def test_labels_tell_whose_a_thing_is() -> None:
    assert names.labels("iris", UID) == {
        "app.kubernetes.io/managed-by": "sqlflow",
        "sqlflow.org/job": "iris",
        "sqlflow.org/job-uid": UID,
    }


def test_the_model_is_of_the_version_that_names_say() -> None:
    fields = SQLFlowJob.model_fields

    assert fields["api_version"].default == names.API_VERSION == "sqlflow.org/v1alpha1"
    assert fields["kind"].default == names.KIND
