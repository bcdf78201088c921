"""Where a job is, as plain values: what the service's Job message says, without its protobuf."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from sqlflow.v1 import sqlflow_pb2 as pb


class JobStatus(enum.StrEnum):
    """The states of a job and of a step."""

    UNKNOWN = "UNKNOWN"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        """Whether no other can follow."""
        return self in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSnapshot:
    """One statement of a job.

    Attributes:
        id: such as ``s01-train``.
        index: its number in the program, from 1.
        kind: ``standard``, ``train``, ``predict``, …
        summary: the beginning of the statement, on one line.
        status: where it is.
        skipped: whether it will never run.
        reason: one word for machines.
        message: a sentence for people.
        started: when, in UTC; None before.
        finished: likewise.
        attempt: which try, from 1.
    """

    id: str
    index: int
    kind: str
    summary: str
    status: JobStatus
    skipped: bool = False
    reason: str = ""
    message: str = ""
    started: dt.datetime | None = None
    finished: dt.datetime | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSnapshot:
    """A job as it was when the service was asked. Lists of jobs leave the steps out."""

    id: str
    status: JobStatus
    reason: str = ""
    message: str = ""
    monitor_url: str = ""
    steps: tuple[StepSnapshot, ...] = ()
    created: dt.datetime | None = None
    started: dt.datetime | None = None
    finished: dt.datetime | None = None
    submitter: str = ""


def job_from_proto(job: pb.Job) -> JobSnapshot:
    """Read a Job message."""
    return JobSnapshot(
        id=job.id,
        status=_status(job.status),
        reason=job.reason,
        message=job.message,
        monitor_url=job.monitor_url,
        steps=tuple(map(_step, job.steps)),
        created=_time(job.created) if job.HasField("created") else None,
        started=_time(job.started) if job.HasField("started") else None,
        finished=_time(job.finished) if job.HasField("finished") else None,
        submitter=job.submitter,
    )


def _step(step: pb.Step) -> StepSnapshot:
    return StepSnapshot(
        id=step.id,
        index=step.index,
        kind=step.kind,
        summary=step.summary,
        status=_status(step.status),
        skipped=step.skipped,
        reason=step.reason,
        message=step.message,
        started=_time(step.started) if step.HasField("started") else None,
        finished=_time(step.finished) if step.HasField("finished") else None,
        attempt=step.attempt,
    )


_STATUSES = tuple(JobStatus)  # in the order of their numbers on the wire


def _status(number: int) -> JobStatus:
    return _STATUSES[number] if 0 <= number < len(_STATUSES) else JobStatus.UNKNOWN


def _time(stamp: Timestamp) -> dt.datetime:
    return stamp.ToDatetime(tzinfo=dt.UTC)
