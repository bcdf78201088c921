"""The few Events of a job: what a person who looks at it by ``kubectl describe`` wants to know."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from pkg_argo import names, reasons
from sqlflow.wire.statuses import Phase
from sqlflow_operator.actions import Emit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pkg_argo.job import JobStatus, SQLFlowJob

REPORTER: Final = "sqlflow-operator"


def between(old: JobStatus, new: JobStatus) -> Iterator[Emit]:
    """Yield what is to be said when a job's status becomes another."""
    if new.workflow and not old.workflow:
        yield Emit("Normal", "Submitted", f"Workflow {new.workflow.name} runs the program")
    failed_before = {step.id for step in old.steps if step.phase is Phase.FAILED}
    for step in new.steps:
        if step.phase is Phase.FAILED and step.id not in failed_before:
            yield Emit("Warning", "StepFailed", f"{step.id}: {step.message}", step.id)
    if new.phase.final and not old.phase.final:
        yield _ended(new)


def _ended(status: JobStatus) -> Emit:
    if status.phase is Phase.SUCCEEDED:
        return Emit("Normal", "Succeeded", f"All steps succeeded: {status.progress}")
    message = f"{status.reason}: {status.message}"
    if status.phase is Phase.FAILED:
        return Emit("Warning", "Failed", message)
    return Emit("Normal", "Cancelled", message)


def event(emit: Emit, job: SQLFlowJob, *, now: datetime) -> dict[str, Any]:
    """Return the Event as the API server takes it.

    Its name follows from the job and what is said, so it is made once however often it is tried.
    """
    meta, time = job.metadata, now.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha256(f"{meta.uid} {emit.reason} {emit.about}".encode()).hexdigest()
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta.name}.{digest[:16]}", "namespace": meta.namespace},
        "involvedObject": {
            "apiVersion": names.API_VERSION,
            "kind": names.KIND,
            "namespace": meta.namespace,
            "name": meta.name,
            "uid": meta.uid,
        },
        "type": emit.type,
        "reason": emit.reason,
        "message": reasons.cut(emit.message),
        "source": {"component": REPORTER},
        "reportingComponent": REPORTER,
        "reportingInstance": REPORTER,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
