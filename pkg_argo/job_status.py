"""What has become of a job: the ``status`` of a SQLFlowJob. The operator alone writes it.

Lists and texts are bounded, so a status fits into the object whatever happens; longer texts are
cut.
"""

import enum
from typing import Annotated, Any, Literal

from pydantic import Field

from pkg_argo.schema import LongText, Model, ObjectName, Text, Time, Word, list_map
from sqlflow.wire.statuses import Phase

JobPhase = Literal[Phase.PENDING, Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ConditionType(enum.StrEnum):
    """The conditions that a job has."""

    ACCEPTED = "Accepted"
    WORKFLOW_CREATED = "WorkflowCreated"
    SUCCEEDED = "Succeeded"
    STALLED = "Stalled"


class Condition(Model):
    """One thing that holds for the job or not, as in other resources of Kubernetes."""

    type: ConditionType = Field(
        description="Accepted: the program can be run. WorkflowCreated: Argo has a Workflow for it."
        " Succeeded: all steps did; False once one has failed. Stalled: nothing moves, and somebody"
        " has to see to it."
    )
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: Word = Field(min_length=1, description="A word for machines: why.")
    message: LongText = Field(default="", description="A sentence for people: why.")
    observed_generation: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="The generation of the job that this was found of."
    )
    last_transition_time: Time = Field(description="When status changed last.")


class WorkflowRef(Model):
    """The job's Argo Workflow."""

    name: ObjectName = Field(description="Its name, in the job's namespace.")
    uid: Annotated[str, Field(max_length=64)] = Field(default="", description="Its uid.")
    url: Annotated[str, Field(max_length=2048)] = Field(
        default="", description="Where it is to be seen in Argo's user interface."
    )


class StepStatus(Model):
    """One statement of the program."""

    id: Annotated[str, Field(min_length=1, max_length=63)] = Field(
        description="Its number and verb, such as s02-train."
    )
    kind: Word = Field(
        default="", description="What executes it: standard, train, predict, evaluate, explain, …"
    )
    phase: Phase = Field(
        default=Phase.PENDING,
        description="Pending, Running, Succeeded, Failed, Cancelled, or Skipped if it will never"
        " run, because an earlier one failed or the job was cancelled.",
    )
    reason: Word = Field(
        default="", description="A word for machines: why, such as ImagePullBackOff or OOMKilled."
    )
    message: Text = Field(default="", description="A sentence for people: why, and what to do.")
    pod: Annotated[str, Field(max_length=253)] = Field(
        default="", description="The pod of its last attempt."
    )
    attempt: Count = Field(default=0, description="How often it was started.")
    started_at: Time | None = Field(default=None, description="When it began to run.")
    finished_at: Time | None = Field(default=None, description="When it ended.")


class JobStatus(Model):
    """What has become of the job. Written by the operator."""

    phase: JobPhase = Field(
        default=Phase.PENDING,
        description="Pending, Running, Succeeded, Failed or Cancelled. The last three are final. A"
        " job is Cancelled only when its pods are dead.",
    )
    reason: Word = Field(
        default="",
        description="A word for machines: why, such as ProgramInvalid, StepFailed, Unschedulable or"
        " DeadlineExceeded.",
    )
    message: LongText = Field(default="", description="A sentence for people: why, and what to do.")
    observed_generation: Annotated[int, Field(ge=0)] = Field(
        default=0, description="The generation of the job that this was found of."
    )
    conditions: Annotated[tuple[Condition, ...], Field(max_length=8)] = Field(
        default=(),
        json_schema_extra=list_map(key="type"),
        description="What holds for the job: Accepted, WorkflowCreated, Succeeded, Stalled.",
    )
    workflow: WorkflowRef | None = Field(default=None, description="The job's Argo Workflow.")
    steps: Annotated[tuple[StepStatus, ...], Field(max_length=200)] = Field(
        default=(),
        json_schema_extra=list_map(key="id"),
        description="The statements of the program, in their order.",
    )
    progress: Annotated[str, Field(max_length=16)] = Field(
        default="", description="How many steps have succeeded, of how many, such as 3/7."
    )
    step: Annotated[str, Field(max_length=63)] = Field(
        default="",
        description="The step that runs; of several, the first. Of a failed job, the"
        " step that failed.",
    )
    started_at: Time | None = Field(default=None, description="When the first step began to run.")
    finished_at: Time | None = Field(default=None, description="When the job ended.")

    def patch_from(self, old: "JobStatus") -> dict[str, Any]:
        """Return the JSON merge patch that makes ``old`` into this; empty if they are equal."""
        before, now = old.to_dict(), self.to_dict()
        gone = dict.fromkeys(before.keys() - now.keys())
        return {**gone, **{key: now[key] for key in now if before.get(key) != now[key]}}
