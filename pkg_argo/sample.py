"""Whether an administrator's templates make Workflows that run, told before a job needs one.

The Workflow of a sample job is built with them, and another with the operator's own. What a step
can't do without has to be in both; what would undo a promise to users may be in neither. The rest
is the administrator's, and Argo's to judge: a dry run of the sample tells of fields it has not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pkg_argo import workflows
from pkg_argo.job import SQLFlowJob
from pkg_argo.templates import OWN, STEP, WORKFLOW, TemplateError, Templates
from sqlflow.plan import plan_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkg_argo.workflows import WorkflowSettings

_PROGRAM: Final = "SELECT 1"
_STEP_NEEDS: Final = {
    "command": "a step's pod executes its statement by it",
    "env": "the step finds its data source, and says how it ended, by it",
    "volumeMounts": "the statement and the data source's DSN are read there",
}
_VOLUMES: Final = ("program", "data-source")
_RETRIES: Final = "only the job may ask for another try, for a statement may have written"
_STEP_HAS_NOT: Final = {"retryStrategy": _RETRIES}
_WORKFLOW_HAS_NOT: Final = {
    "retryStrategy": _RETRIES,
    "templateDefaults": "it would reach into the steps: say it in step.yaml.j2",
    "onExit": "a job is over when its statements are",
    "hooks": "a job is over when its statements are",
    "shutdown": "it would end every job",
}


def workflow(settings: WorkflowSettings, *, namespace: str = "default") -> dict[str, Any]:
    """Build the Workflow of a sample job.

    Raises:
        TemplateError: a template is wrong, or leaves out what a step needs.
    """
    job = _job(namespace)
    program = plan_program(_PROGRAM, dialect=job.spec.data_source.dialect)
    made = workflows.build(job, program, settings)
    own = workflows.build(job, program, replace(settings, templates=Templates()))
    for file, problem in (*_of_step(made, own), *_of_workflow(made, own)):
        raise TemplateError(f"template {file}: {problem}")
    return made


def _job(namespace: str) -> SQLFlowJob:
    uid = "00000000-0000-4000-8000-000000000000"
    source = {"dialect": "mysql", "secretRef": {"name": "sample"}}
    return SQLFlowJob.from_dict(
        {
            "metadata": {"name": "sample", "namespace": namespace, "uid": uid},
            "spec": {"program": _PROGRAM, "dataSource": source},
        }
    )


def _of_step(made: dict[str, Any], own: dict[str, Any]) -> Iterator[tuple[str, str]]:
    step, needed = made["spec"]["templates"][-1], own["spec"]["templates"][-1]["container"]
    container = step.get("container")
    if not isinstance(container, dict):
        yield STEP, "expected a container, in which the statement is executed"
        return
    for key, why in _STEP_NEEDS.items():
        if not _holds(container.get(key), _vital(needed[key])):
            yield STEP, f"container.{key} has to hold what {OWN}/{STEP} has there: {why}"
    if container.get("args"):
        yield STEP, "container.args has to be left out: the command has all that it needs"
    for key in _STEP_HAS_NOT.keys() & step.keys():
        yield STEP, f"{key} has to be left out: {_STEP_HAS_NOT[key]}"


def _of_workflow(made: dict[str, Any], own: dict[str, Any]) -> Iterator[tuple[str, str]]:
    spec, needed = made["spec"], own["spec"]
    if not _holds(spec.get("volumes"), _vital(needed["volumes"])):
        where = " and ".join(_VOLUMES)
        yield WORKFLOW, f"spec.volumes has to hold {where} of {OWN}/{WORKFLOW}: steps mount them"
    for key in _WORKFLOW_HAS_NOT.keys() & spec.keys():
        yield WORKFLOW, f"spec.{key} has to be left out: {_WORKFLOW_HAS_NOT[key]}"


def _vital(items: list[Any]) -> list[Any]:
    """Return what of a list a step can't do without; /tmp and HOME are for its comfort."""
    return [
        it
        for it in items
        if not isinstance(it, dict) or it["name"] in _VOLUMES or it["name"].startswith("SQLFLOW_")
    ]


def _holds(found: Any, needed: list[Any]) -> bool:
    """Whether a list has all named items, or ends with these words: a wrapper may go before."""
    if not isinstance(found, list):
        return False
    if all(isinstance(it, dict) for it in needed):
        return all(it in found for it in needed)
    return found[-len(needed) :] == needed
