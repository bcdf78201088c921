"""What a job is asked to do: the ``spec`` of a SQLFlowJob.

It is written once, by the user or by the server. Later only ``suspend``, ``cancel`` and
``ttlSecondsAfterFinished`` may be changed; :mod:`pkg_argo.rules` has what the API server is told
of that.
"""

import enum
from typing import Annotated, Literal

from pydantic import Field

from pkg_argo.schema import DataKey, LabelValue, Model, ObjectName, Quantity
from sqlflow.plan.program import Execution

_YEAR = 366 * 24 * 3600

Seconds = Annotated[int, Field(ge=1, le=_YEAR)]


class Cancel(enum.StrEnum):
    """How a job is to be ended; it only ever moves forward."""

    NO = ""
    GRACEFUL = "Graceful"
    IMMEDIATE = "Immediate"


class ConfigMapKeyRef(Model):
    """A value in a ConfigMap of the job's namespace."""

    name: ObjectName = Field(description="The name of the ConfigMap.")
    key: DataKey = Field(description="The key in it, such as program.sql.")


class ProgramFrom(Model):
    """Where the program is, if it does not stand in the job."""

    config_map_key_ref: ConfigMapKeyRef = Field(
        description="A value in a ConfigMap of the job's namespace. It is read once, when the job"
        " starts: what is changed there later changes nothing."
    )


class SecretRef(Model):
    """A value in a Secret of the job's namespace."""

    name: ObjectName = Field(description="The name of the Secret.")
    key: DataKey = Field(default="dsn", description="The key in it that holds the DSN.")


class DataSource(Model):
    """The database that the statements run in."""

    dialect: Literal["duckdb", "mysql", "postgres", "sqlite"] = Field(
        description="The dialect of SQL that the program is written in: mysql (also MariaDB),"
        " postgres, duckdb or sqlite. A step refuses a DSN of another one."
    )
    secret_ref: SecretRef = Field(
        description="The Secret that holds the DSN, such as mysql://user:password@host/database."
        " Only the pods of the steps read it, as a mounted file."
    )


class Resources(Model):
    """What a step's container gets. Each is asked for and is the limit, so it is guaranteed."""

    cpu: Quantity | None = Field(default=None, description="Cores, such as 2 or 500m.")
    memory: Quantity | None = Field(default=None, description="Memory, such as 4Gi.")
    disk: Quantity | None = Field(
        default=None, description="Disk for temporary files (ephemeral storage), such as 10Gi."
    )
    gpu: Annotated[int, Field(ge=0, le=99)] | None = Field(
        default=None, description="Whole devices of nvidia.com/gpu."
    )


class Toleration(Model):
    """A taint of nodes that the pods of the steps tolerate, as in a pod's spec."""

    key: str = Field(
        default="", max_length=317, description="The taint's key. Empty, with Exists: any taint."
    )
    operator: Literal["Equal", "Exists"] = Field(
        default="Equal", description="Whether the taint must have the value, or any value will do."
    )
    value: LabelValue = Field(default="", description="The taint's value, with Equal.")
    effect: Literal["NoExecute", "NoSchedule", "PreferNoSchedule"] | None = Field(
        default=None, description="The taint's effect. Absent: any effect."
    )
    toleration_seconds: Annotated[int, Field(ge=0, le=_YEAR)] | None = Field(
        default=None,
        description="How long a taint with NoExecute is tolerated. Absent: for good.",
    )


class StepDefaults(Model):
    """What every step gets, unless the program asks for something else by SET step.…."""

    resources: Resources = Field(
        default=Resources(),
        description="CPU, memory, disk and GPUs of a step's container. A statement SET step.memory"
        " = '4Gi' in the program changes it for the statements after it.",
    )
    node_selector: Annotated[dict[str, LabelValue], Field(max_length=32)] = Field(
        default={}, description="Labels that a node must have to run a step of this job."
    )
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32)] = Field(
        default=(), description="Taints of nodes that the pods of the steps tolerate."
    )
    retries: Annotated[int, Field(ge=0, le=99)] | None = Field(
        default=None,
        description="How often a step that failed is tried again. By default none is: a statement"
        " that failed may have written some of its rows already.",
    )


class JobSpec(Model):
    """What a job is asked to do."""

    program: Annotated[str, Field(min_length=1, max_length=262144)] | None = Field(
        default=None,
        description="The SQL program: statements, separated by semicolons, some of which may train,"
        " use, evaluate or explain a model. Each is run as a step of its own. Exactly one of"
        " program and programFrom must be set.",
    )
    program_from: ProgramFrom | None = Field(
        default=None, description="Where the program is, in place of program."
    )
    data_source: DataSource = Field(description="The database that the statements run in.")
    execution: Execution = Field(
        default=Execution.PARALLEL,
        description="Parallel: statements that do not depend on each other may run at the same"
        " time. Sequential: one after the other, as written.",
    )
    parallelism: Annotated[int, Field(ge=1, le=200)] | None = Field(
        default=None, description="How many steps may run at the same time. Absent: no limit."
    )
    image: (
        Annotated[str, Field(max_length=512, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]*$")] | None
    ) = Field(default=None, description="The image of the steps. Absent: the operator's.")
    step_defaults: StepDefaults = Field(
        default=StepDefaults(), description="Resources, placement and retries of the steps."
    )
    active_deadline_seconds: Seconds | None = Field(
        default=None,
        description="How long the job may run, from its first step on. Then it is ended and is"
        " Failed with reason DeadlineExceeded. Absent: the operator's default.",
    )
    pending_deadline_seconds: Seconds | None = Field(
        default=None,
        description="How long a step may wait for its pod to start, such as for a node with room or"
        " for an image. Then the job is ended and is Failed. Absent: the operator's default.",
    )
    fetch_lease_seconds: Seconds | None = Field(
        default=None,
        description="The job is cancelled when nobody has fetched its results for so long. Absent:"
        " never.",
    )
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=_YEAR)] | None = Field(
        default=None,
        description="How long after its end the job is deleted, and with it its Workflow, its pods"
        " and their logs. Absent: the operator's default. May be changed at any time.",
    )
    suspend: bool = Field(
        default=False,
        description="While true no further step is started; those that run go on. May be changed at"
        " any time.",
    )
    cancel: Cancel = Field(
        default=Cancel.NO,
        description="Graceful: the running steps are asked to end, and killed if they do not."
        " Immediate: they are killed. The job is Cancelled when its pods are dead. May be changed"
        " at any time, but not taken back: from Graceful it goes to Immediate only.",
    )
    submitter: Annotated[str, Field(max_length=253)] | None = Field(
        default=None, description="Who submitted the job, for people to see. It grants nothing."
    )
    idempotency_key: Annotated[str, Field(max_length=256)] | None = Field(
        default=None,
        description="Set by the server: two requests to run with one key make one job.",
    )
