"""Builds the messages that both clients send."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import TYPE_CHECKING

from google.protobuf import duration_pb2

from sqlflow import errors
from sqlflow.plan.program import Edge, Kind, Program, Statement, Warn
from sqlflow.sql.sources import Source
from sqlflow.v1 import sqlflow_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlflow.client.snapshots import JobStatus

_SURROGATES = re.compile("[\ud800-\udfff]")

Seconds = float | dt.timedelta
"""A span of time, where a caller gives one."""

LONG_POLL = 20.0
"""Seconds that a Fetch may wait at the server for something new."""

ANSWER_TIMEOUT = 30.0
"""Seconds after which a request (a Fetch: past its wait) counts as lost on the way."""


def run_request(
    program: str | bytes,
    *,
    data_source: str = "",
    idempotency_key: str = "",
    sequential: bool = False,
    fetch_lease: Seconds | None = None,
    deadline: Seconds | None = None,
    working_directory: str = "",
) -> pb.RunRequest:
    """Return a request that may be sent again without making a second job."""
    return pb.RunRequest(
        program=program_text(program),
        data_source=data_source,
        idempotency_key=idempotency_key or uuid.uuid4().hex,
        execution=_execution(sequential=sequential),
        fetch_lease=_duration(fetch_lease),
        deadline=_duration(deadline),
        working_directory=working_directory,
    )


def plan_request(
    program: str | bytes, *, data_source: str = "", sequential: bool = False
) -> pb.PlanRequest:
    """Return a request for a plan."""
    return pb.PlanRequest(
        program=program_text(program),
        data_source=data_source,
        execution=_execution(sequential=sequential),
    )


def fetch_request(job: str, token: str) -> pb.FetchRequest:
    """Return a request for the page after the one that gave the token."""
    return pb.FetchRequest(job=job, token=token, wait=_duration(LONG_POLL))


def jobs_request(token: str, statuses: Collection[JobStatus]) -> pb.ListJobsRequest:
    """Return a request for a page of jobs."""
    return pb.ListJobsRequest(
        page_token=token, statuses=[pb.JobStatus.Value(status) for status in statuses]
    )


def timeout_of(request: object) -> float:
    """Return after how many seconds a request counts as lost."""
    wait = LONG_POLL if isinstance(request, pb.FetchRequest) else 0.0
    return wait + ANSWER_TIMEOUT


def program_text(program: str | bytes) -> str:
    """Return a program as text that can be sent.

    Raises:
        ProgramError: it is not UTF-8.
    """
    try:
        if isinstance(program, bytes):
            return program.decode("utf-8")
        program.encode("utf-8")
    except UnicodeError as error:
        raise errors.ProgramError(_not_utf8(error)) from None
    return program


def _not_utf8(error: UnicodeError) -> errors.Problem:
    if isinstance(error, UnicodeDecodeError):
        before = error.object[: error.start].decode("utf-8")
        shown = before + error.object[error.start :].decode("utf-8", "replace")
        found = f"byte 0x{error.object[error.start]:02x}"
    else:
        assert isinstance(error, UnicodeEncodeError)
        before, shown = error.object[: error.start], error.object
        found = f"the lone surrogate U+{ord(error.object[error.start]):04X}"
    return Source(_SURROGATES.sub("\ufffd", shown)).problem(
        f"expected UTF-8 text, found {found}", len(before), hint="save the file as UTF-8"
    )


def warnings_of(response: pb.RunResponse | pb.PlanResponse) -> tuple[Warn, ...]:
    """Return the warnings of the plan."""
    return tuple(
        Warn(statement=w.statement, line=w.line, message=w.message) for w in response.warnings
    )


def program_of(response: pb.PlanResponse) -> Program:
    """Return a plan as the program that it describes, without clauses and session texts."""
    return Program(
        dialect=response.dialect,
        statements=tuple(map(_statement, response.statements)),
        warnings=warnings_of(response),
    )


def _statement(planned: pb.PlannedStatement) -> Statement:
    return Statement(
        id=planned.id,
        index=planned.index,
        kind=Kind(planned.kind),
        text=planned.text,
        line=planned.line,
        column=planned.column,
        reads=tuple(planned.reads),
        writes=tuple(planned.writes),
        barrier=planned.barrier,
        after=tuple(Edge(id=e.id, reason=e.reason) for e in planned.after),
    )


def _execution(*, sequential: bool) -> pb.Execution.ValueType:
    return pb.SEQUENTIAL if sequential else pb.PARALLEL


def _duration(span: Seconds | None) -> duration_pb2.Duration | None:
    if span is None:
        return None
    duration = duration_pb2.Duration()
    duration.FromTimedelta(span if isinstance(span, dt.timedelta) else dt.timedelta(seconds=span))
    return duration
