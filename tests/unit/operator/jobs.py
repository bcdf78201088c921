"""Jobs, Workflows and pods as the tests of the operator see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlflow_operator.actions import Action, PatchStatus
from sqlflow_operator.reconciling import Policy

from pkg_argo import names
from pkg_argo.job import SQLFlowJob
from pkg_argo.workflows import WorkflowSettings
from sqlflow.plan import Program, plan_program

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
UID = "6d7f4d1e-0000-4000-8000-000000000001"
WORKFLOW = names.workflow_name("iris", UID)
POLICY = Policy(workflow=WorkflowSettings(image="example.org/step:1"), stop_grace=30)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def job_object(spec: dict[str, Any] | None = None, status: dict[str, Any] | None = None, **meta):
    """The job as the API server has it."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {
            "name": "iris",
            "namespace": "jobs",
            "uid": UID,
            "resourceVersion": "7",
            "generation": 1,
            "creationTimestamp": ago(100),
            **meta,
        },
        "spec": {
            "program": "SELECT 1; SELECT 2",
            "dataSource": {"dialect": "mysql", "secretRef": {"name": "db"}},
            **(spec or {}),
        },
        "status": status or {},
    }


def job(spec: dict[str, Any] | None = None, status: dict[str, Any] | None = None) -> SQLFlowJob:
    return SQLFlowJob.from_dict(job_object(spec, status))


def submitted(**status: Any) -> dict[str, Any]:
    """The status of a job that has its Workflow."""
    steps = [{"id": f"s0{i}-select", "kind": "standard", "phase": "Pending"} for i in (1, 2)]
    return {
        "phase": "Running",
        "observedGeneration": 1,
        "workflow": {"name": WORKFLOW, "uid": "wf-1"},
        "steps": steps,
        **status,
    }


def program() -> Program:
    return plan_program("SELECT 1; SELECT 2", dialect="mysql")


def owner(uid: str = UID) -> list[dict[str, Any]]:
    return [{"apiVersion": names.API_VERSION, "kind": names.KIND, "name": "iris", "uid": uid}]


def workflow(
    phase: str = "Running", *, nodes: Any = None, stopped: float | None = None, **spec: Any
) -> dict[str, Any]:
    """A Workflow of the job, as Argo has it; the API server knows when it was shut down."""
    wrote = {"time": ago(stopped), "fieldsV1": {"f:spec": {"f:shutdown": {}}}} if stopped else {}
    return {
        "metadata": {
            "name": WORKFLOW,
            "namespace": "jobs",
            "uid": "wf-1",
            "creationTimestamp": ago(50),
            "ownerReferences": owner(),
            "managedFields": [
                {"time": ago(50), "fieldsV1": {"f:spec": {"f:templates": {}}}},
                wrote,
            ],
        },
        "spec": {"templates": templates("s01-select", "s02-select"), **spec},
        "status": {"phase": phase, "nodes": nodes or {}} if phase else {},
    }


def templates(*steps: str) -> list[dict[str, Any]]:
    """The templates of a Workflow whose steps do not depend on each other."""
    tasks = [{"name": step, "template": step} for step in steps]
    own = [{"name": it, "metadata": {"labels": {names.STEP_LABEL: it}}} for it in steps]
    return [{"name": "main", "dag": {"tasks": tasks}}, *own]


def pod(
    name: str = "p1",
    *,
    phase: str = "Running",
    age: float = 40,
    scheduled: float | None = None,
    **meta: Any,
):
    """A pod of the first step; it was scheduled at once, or so many seconds ago."""
    state: dict[str, Any] = {"waiting": {}}
    if phase == "Running":
        state = {"running": {"startedAt": ago(age)}}
    if phase in ("Failed", "Succeeded"):
        state = {"terminated": {"exitCode": 0 if phase == "Succeeded" else 143}}
    return {
        "metadata": {
            "name": name,
            "namespace": "jobs",
            "uid": f"uid-{name}",
            "creationTimestamp": ago(age),
            "labels": {names.STEP_LABEL: "s01-select"},
            **meta,
        },
        "spec": {},
        "status": {
            "phase": phase,
            "conditions": [
                {
                    "type": "PodScheduled",
                    "status": "True",
                    "lastTransitionTime": ago(age if scheduled is None else scheduled),
                }
            ],
            "containerStatuses": [{"name": "main", "state": state}],
        },
    }


def kinds(actions: list[Action]) -> list[str]:
    return [type(action).__name__ for action in actions]


def written(actions: list[Action]):
    """The status that is to be written."""
    return next(action.status for action in actions if isinstance(action, PatchStatus))
