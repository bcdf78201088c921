"""A SQLFlowJob as the snapshot that callers get. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pkg_argo import names
from sqlflow_server.runners.protocol import JobSnapshot, StepSnapshot

if TYPE_CHECKING:
    from datetime import datetime

    from pkg_argo.job import SQLFlowJob, StepStatus
    from sqlflow_server.runners.kubernetes.outlines import Outline


def snapshot(job: SQLFlowJob, outline: Outline, *, url: str) -> JobSnapshot:
    """Return where a job is now.

    Args:
        job: as the API server has it.
        outline: of its program; where that is empty, the steps are those of the status.
        url: of its Workflow in Argo's user interface, see :func:`monitor_url`.
    """
    outline = outline or tuple((step.id, step.kind, "") for step in job.status.steps)
    known = {step.id: step for step in job.status.steps}
    return replace(
        brief(job, url=url),
        steps=tuple(
            _step(index, words, known.get(words[0])) for index, words in enumerate(outline, start=1)
        ),
    )


def brief(job: SQLFlowJob, *, url: str) -> JobSnapshot:
    """Return where a job is now, without its steps."""
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
    )


def monitor_url(job: SQLFlowJob, template: str) -> str:
    """Return where a person looks at a job; the Workflow need not be there yet."""
    if job.status.workflow and job.status.workflow.url:
        return job.status.workflow.url
    name = names.workflow_name(job.metadata.name, job.metadata.uid)
    return template.replace("{namespace}", job.metadata.namespace).replace("{name}", name)


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


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
