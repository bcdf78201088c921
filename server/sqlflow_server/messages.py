"""Snapshots, pages and plans as messages of ``sqlflow.v1``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf import timestamp_pb2

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlflow.plan.program import Program, Statement, Warn
    from sqlflow.transcript.views import Record
    from sqlflow_server.runners.protocol import JobSnapshot, StepSnapshot

STATUSES = {
    Phase.PENDING: pb.PENDING,
    Phase.RUNNING: pb.RUNNING,
    Phase.SUCCEEDED: pb.SUCCEEDED,
    Phase.FAILED: pb.FAILED,
    Phase.CANCELLED: pb.CANCELLED,
    Phase.SKIPPED: pb.CANCELLED,
}
"""How phases are called on the wire; a skipped step is one that was cancelled, and marked so."""

STREAMS = {
    Stream.STDOUT: pb.STDOUT,
    Stream.STDERR: pb.STDERR,
    Stream.ROW: pb.ROWS,
    Stream.STATUS: pb.STATUS,
}


def job_message(job: JobSnapshot, monitor_url: str, *, steps: bool = True) -> pb.Job:
    """Return a job's snapshot, with or without its steps."""
    return pb.Job(
        id=job.id,
        status=STATUSES[job.phase],
        reason=job.reason,
        message=job.message,
        monitor_url=monitor_url,
        steps=map(_step, job.steps if steps else ()),
        created=_time(job.created),
        started=_time(job.started),
        finished=_time(job.finished),
        submitter=job.submitter,
    )


def _step(step: StepSnapshot) -> pb.Step:
    return pb.Step(
        id=step.id,
        index=step.index,
        kind=step.kind,
        summary=step.summary,
        status=STATUSES[step.phase],
        skipped=step.phase is Phase.SKIPPED,
        reason=step.reason,
        message=step.message,
        started=_time(step.started),
        finished=_time(step.finished),
        attempt=step.attempt,
    )


def _time(seconds: float) -> timestamp_pb2.Timestamp | None:
    if not seconds:
        return None
    stamp = timestamp_pb2.Timestamp()
    stamp.FromNanoseconds(int(seconds * 1e6) * 1000)
    return stamp


def record_messages(records: Iterable[Record]) -> list[pb.Record]:
    """Return the records of a page."""
    return [
        pb.Record(
            step=r.step,
            attempt=r.attempt,
            seq=r.seq,
            stream=STREAMS[r.stream],
            text=r.text,
            more=r.more,
        )
        for r in records
    ]


def warning_messages(warnings: Iterable[Warn]) -> list[pb.Warning]:
    """Return the warnings of a plan."""
    return [pb.Warning(statement=w.statement, line=w.line, message=w.message) for w in warnings]


def plan_message(program: Program) -> pb.PlanResponse:
    """Return what Run would do with a program."""
    return pb.PlanResponse(
        statements=map(_planned, program.statements),
        warnings=warning_messages(program.warnings),
        dialect=program.dialect,
    )


def _planned(statement: Statement) -> pb.PlannedStatement:
    return pb.PlannedStatement(
        id=statement.id,
        index=statement.index,
        kind=statement.kind,
        text=statement.text,
        line=statement.line,
        column=statement.column,
        reads=statement.reads,
        writes=statement.writes,
        after=[pb.Dependency(id=e.id, reason=e.reason) for e in statement.after],
        barrier=statement.barrier,
    )
