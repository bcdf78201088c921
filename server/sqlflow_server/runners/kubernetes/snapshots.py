"""A SQLFlowJob as the snapshot that callers get. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pkg_argo import names
from sqlflow.errors import ProgramError
from sqlflow.plan import plan_program
from sqlflow_server.runners.protocol import JobSnapshot, StepSnapshot

if TYPE_CHECKING:
    from datetime import datetime

    from pkg_argo.job import SQLFlowJob, StepStatus

_PLANNED: Final = 256
"""Programs of which the outline is remembered, those asked for last."""

Outline = tuple[tuple[str, str, str], ...]
"""Id, kind and summary of each statement."""


def snapshot(job: SQLFlowJob, *, url: str) -> JobSnapshot:
    """Return where a job is now.

    Args:
        job: as the API server has it.
        url: of its Workflow in Argo's user interface, see :func:`monitor_url`.
    """
    status = job.status
    return JobSnapshot(
        id=job.metadata.name,
        incarnation=job.metadata.uid,
        url=url,
        idempotency_key=job.spec.idempotency_key or "",
        submitter=job.spec.submitter or "",
        created=_seconds(job.metadata.creation_timestamp),
        phase=status.phase,
        reason=status.reason,
        message=status.message,
        started=_seconds(status.started_at),
        finished=_seconds(status.finished_at),
        steps=_steps(job),
    )


def monitor_url(job: SQLFlowJob, template: str) -> str:
    """Return where a person looks at a job; the Workflow need not be there yet."""
    if job.status.workflow and job.status.workflow.url:
        return job.status.workflow.url
    name = names.workflow_name(job.metadata.name, job.metadata.uid)
    return template.replace("{namespace}", job.metadata.namespace).replace("{name}", name)


def _steps(job: SQLFlowJob) -> tuple[StepSnapshot, ...]:
    known = {step.id: step for step in job.status.steps}
    outline = _outline_of(job) or tuple((step.id, step.kind, "") for step in job.status.steps)
    return tuple(
        _step(index, words, known.get(words[0])) for index, words in enumerate(outline, start=1)
    )


def _step(index: int, words: tuple[str, str, str], status: StepStatus | None) -> StepSnapshot:
    step_id, kind, summary = words
    if status is None:
        return StepSnapshot(id=step_id, index=index, kind=kind, summary=summary)
    return StepSnapshot(
        id=step_id,
        index=index,
        kind=kind,
        summary=summary,
        phase=status.phase,
        reason=status.reason,
        message=status.message,
        started=_seconds(status.started_at),
        finished=_seconds(status.finished_at),
        attempt=status.attempt,
    )


def _outline_of(job: SQLFlowJob) -> Outline:
    """Return the statements of a program that stands in its job; it is planned once."""
    if job.spec.program is None:
        return ()
    return _outline(job.spec.program, job.spec.data_source.dialect)


@lru_cache(maxsize=_PLANNED)
def _outline(text: str, dialect: str) -> Outline:
    try:
        program = plan_program(text, dialect=dialect, shared_files=False)
    except ProgramError:
        return ()  # The operator says so, in the job's status.
    return tuple((it.id, it.kind.value, it.summary) for it in program.statements)


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
