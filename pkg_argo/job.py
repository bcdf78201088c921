"""A SQLFlowJob: a SQL program that is to be run, and what has become of it.

The one source of the resource. The API server has the CRD that :mod:`pkg_argo.crd` makes of these
models; operator and server read and write the resource through them.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from pkg_argo import names
from pkg_argo.job_spec import (
    Cancel,
    ConfigMapKeyRef,
    DataSource,
    JobSpec,
    ProgramFrom,
    Resources,
    SecretRef,
    StepDefaults,
    Toleration,
)
from pkg_argo.job_status import (
    Condition,
    ConditionType,
    JobPhase,
    JobStatus,
    StepStatus,
    WorkflowRef,
)
from pkg_argo.schema import Model, Time

__all__ = [
    "Cancel",
    "Condition",
    "ConditionType",
    "ConfigMapKeyRef",
    "DataSource",
    "JobPhase",
    "JobSpec",
    "JobStatus",
    "Metadata",
    "ProgramFrom",
    "Resources",
    "SQLFlowJob",
    "SecretRef",
    "StepDefaults",
    "StepStatus",
    "Toleration",
    "WorkflowRef",
]


class Metadata(Model):
    """What is read and written of the metadata that every object of Kubernetes has."""

    name: Annotated[str, Field(max_length=names.LONGEST_JOB)]
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    labels: dict[str, str] = Field(default={})
    annotations: dict[str, str] = Field(default={})
    owner_references: tuple[dict[str, Any], ...] = ()


class SQLFlowJob(Model):
    """A SQL program, run as a job: each statement is a step, in a pod of its own."""

    api_version: Literal["sqlflow.org/v1alpha1"] = "sqlflow.org/v1alpha1"
    kind: Literal["SQLFlowJob"] = "SQLFlowJob"
    metadata: Metadata
    spec: JobSpec = Field(description="What the job is asked to do.")
    status: JobStatus = Field(
        default=JobStatus(), description="What has become of the job. Written by the operator."
    )

    def to_dict(self) -> dict[str, Any]:
        """Return it as it is created. The API server takes the status by its own way only."""
        return {key: value for key, value in super().to_dict().items() if key != "status"}
