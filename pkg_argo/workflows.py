"""From a job and its planned program to the Workflow that runs it. Data in, data out.

::

    job, program ──► ConfigMap             the program, as each step reads it
                 ──► Hera: name, labels, owner, DAG ─┐
    argo_templates/workflow.yaml.j2 ─────────────────┼─ merged ──► Workflow
    argo_templates/step.yaml.j2, for each statement ─┘

No text of the program is in the Workflow: a step finds it in the ConfigMap, which the kubelet
mounts as a file, byte for byte. In the Workflow there are only names of ours and what the job asks
for, and :mod:`pkg_argo.guards` refuses what Argo would substitute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hera.workflows import models

from pkg_argo import guards, names, resources
from pkg_argo.merging import merge
from pkg_argo.templates import STEP, WORKFLOW, Templates
from sqlflow.errors import LimitError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pkg_argo.job import SQLFlowJob
    from sqlflow.plan import Program
    from sqlflow.plan.program import Statement

PROGRAM_FILE: Final = "program.json"
ENTRYPOINT: Final = "main"
PROGRAM_BYTES: Final = 900 * 1024
"""A ConfigMap holds 1 MiB."""
WORKFLOW_BYTES: Final = 768 * 1024
"""Argo gives up on a Workflow of more than 1 MiB, its status included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSettings:
    """What the operator decides for all jobs.

    Attributes:
        image: of steps whose job names none.
        service_account: that Argo's executor reports as, in the job's namespace.
        templates: those in force.
    """

    image: str
    service_account: str = "sqlflow-step"
    templates: Templates = field(default_factory=Templates)


def config_map(job: SQLFlowJob, program: Program) -> dict[str, Any]:
    """Return the ConfigMap that holds the planned program.

    Raises:
        LimitError: the program is too large for one.
    """
    text = program.to_json()
    _check_size(len(text.encode()), PROGRAM_BYTES, "the planned program")
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _dump(_metadata(job, names.program_config_map)),
        "immutable": True,
        "data": {PROGRAM_FILE: text},
    }


def build(job: SQLFlowJob, program: Program, settings: WorkflowSettings) -> dict[str, Any]:
    """Return the Workflow of a job.

    Raises:
        ProgramError: a step asks for what no step can have, or a name holds what Argo would
            substitute.
        LimitError: the Workflow would be too large.
        TemplateError: an administrator's template is wrong.
    """
    defaults = settings.templates.render(WORKFLOW, _values(job, settings))
    workflow: dict[str, Any] = merge(defaults, _dump(_skeleton(job, program)))
    steps = [_step(job, statement, settings) for statement in program.statements]
    workflow["spec"]["templates"] += steps
    guards.refuse_other_tags(workflow)
    guards.refuse_twins(workflow["spec"]["templates"])
    _check_size(guards.size(workflow), WORKFLOW_BYTES, "the Workflow")
    return workflow


def fits(workflow: Mapping[str, Any], program: Program) -> bool:
    """Whether a Workflow that was made before has the program's steps, in their order."""
    templates = {it["name"]: it for it in workflow["spec"].get("templates", ())}
    tasks = templates.get(ENTRYPOINT, {}).get("dag", {}).get("tasks", ())
    has = {it["name"]: it.get("depends") for it in tasks if _is_step(templates.get(it["name"]))}
    return has == {it.id: _task(it).depends for it in program.statements}


def _is_step(template: Mapping[str, Any] | None) -> bool:
    """Whether a template is a statement's, not one that an administrator added."""
    labels = (template or {}).get("metadata", {}).get("labels", {})
    return names.STEP_LABEL in labels


def _values(job: SQLFlowJob, settings: WorkflowSettings) -> dict[str, Any]:
    name, uid = job.metadata.name, job.metadata.uid
    values = {
        "job": name,
        "namespace": job.metadata.namespace,
        "workflow": names.workflow_name(name, uid),
        "program_config_map": names.program_config_map(name, uid),
        "secret": job.spec.data_source.secret_ref.name,
        "secret_key": job.spec.data_source.secret_ref.key,
        "service_account": settings.service_account,
    }
    guards.refuse_tags(values, where="the job")
    return values


def _skeleton(job: SQLFlowJob, program: Program) -> models.Workflow:
    """What is the job's own: names, owner, the DAG.

    Not how long it may take: Argo would count that from the Workflow's start, pods that wait
    included, and not wait for their end; see :mod:`pkg_argo.deadlines`. Nor how long it stays: it
    goes when the job goes, whose time may be changed until then.
    """
    spec, labels = job.spec, names.labels(job.metadata.name, job.metadata.uid)
    dag = models.DAGTemplate(tasks=[_task(statement) for statement in program.statements])
    return models.Workflow(
        api_version="argoproj.io/v1alpha1",
        kind="Workflow",
        metadata=_metadata(job, names.workflow_name),
        spec=models.WorkflowSpec(
            entrypoint=ENTRYPOINT,
            pod_metadata=models.Metadata(labels=labels),
            parallelism=spec.parallelism,
            suspend=spec.suspend or None,
            templates=[models.Template(name=ENTRYPOINT, dag=dag)],
        ),
    )


def _metadata(job: SQLFlowJob, named: Callable[[str, str], str]) -> models.ObjectMeta:
    """Return the metadata of what belongs to a job, and goes when the job goes."""
    name, uid = job.metadata.name, job.metadata.uid
    owner = models.OwnerReference(
        api_version=names.API_VERSION,
        kind=names.KIND,
        name=name,
        uid=uid,
        controller=True,
        block_owner_deletion=False,
    )
    return models.ObjectMeta(
        name=named(name, uid),
        namespace=job.metadata.namespace,
        labels=names.labels(name, uid),
        owner_references=[owner],
    )


def _task(statement: Statement) -> models.DAGTask:
    waits = " && ".join(edge.id for edge in statement.after)
    return models.DAGTask(name=statement.id, template=statement.id, depends=waits or None)


def _step(job: SQLFlowJob, statement: Statement, settings: WorkflowSettings) -> dict[str, Any]:
    """Return the template of a statement's pod."""
    image = job.spec.image or settings.image
    values = {
        "job": job.metadata.name,
        "step": statement.id,
        "index": statement.index,
        "image": image,
    }
    asked = _asked(job, statement)
    guards.refuse_tags([values, asked], where=f"step {statement.id}")
    template = settings.templates.render(STEP, values)
    return merge(template, asked)  # type: ignore[no-any-return] # two mappings give one


def _asked(job: SQLFlowJob, statement: Statement) -> dict[str, Any]:
    defaults = job.spec.step_defaults
    asked = resources.kubernetes_resources(statement, defaults.resources.to_dict())
    retries = resources.retries(statement, defaults.retries or 0)
    template: dict[str, Any] = {
        "name": statement.id,
        "metadata": {"labels": {names.STEP_LABEL: statement.id}},
    }
    if asked:
        template["container"] = {"resources": asked}
    if defaults.node_selector:
        template["nodeSelector"] = defaults.node_selector
    if defaults.tolerations:
        template["tolerations"] = [it.to_dict() for it in defaults.tolerations]
    if retries:
        template["retryStrategy"] = _retry(retries)
    return template


def _retry(times: int) -> dict[str, Any]:
    """Return the retries that were asked for: after any failure, each time a little later.

    Without Argo's ``maxDuration``, which would also end a step that runs longer.
    """
    backoff = {"duration": "5s", "factor": 2, "cap": "5m"}
    return {"limit": times, "retryPolicy": "Always", "backoff": backoff}


def _dump(model: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = model.model_dump(by_alias=True, exclude_none=True, mode="json")
    return dumped


def _check_size(size: int, limit: int, what: str) -> None:
    if size > limit:
        message = f"{what} has {size:,} bytes; the limit is {limit:,}"
        raise LimitError(Problem(message=message, hint="split the program"))
