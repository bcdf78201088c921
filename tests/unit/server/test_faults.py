from __future__ import annotations

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from sqlflow_server import faults

from sqlflow import errors


def details(status, kind):
    """The details of one kind in an answer."""
    ((_, data),) = [m for m in status.trailing_metadata if m[0] == "grpc-status-details-bin"]
    found = []
    for detail in status_pb2.Status.FromString(data).details:
        message = kind()
        if detail.Unpack(message):
            found.append(message)
    return found


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (
            errors.NotSupportedError(errors.Problem(message="m")),
            "INVALID_ARGUMENT",
            "NOT_SUPPORTED",
        ),
        (errors.LimitError(errors.Problem(message="m")), "INVALID_ARGUMENT", "LIMIT_EXCEEDED"),
        (errors.DataSourceError("m"), "FAILED_PRECONDITION", "DATA_SOURCE"),
        (errors.TokenError("m"), "INVALID_ARGUMENT", "TOKEN_INVALID"),
        (errors.TokenExpiredError("m"), "FAILED_PRECONDITION", "TOKEN_EXPIRED"),
        (errors.JobNotFoundError("m"), "NOT_FOUND", "JOB_NOT_FOUND"),
        (errors.JobConflictError("m"), "ALREADY_EXISTS", "JOB_CONFLICT"),
        (errors.BusyError("m"), "UNAVAILABLE", "BUSY"),
        (errors.StorageError("m"), "RESOURCE_EXHAUSTED", "STORAGE"),
        (errors.UnauthenticatedError("m"), "UNAUTHENTICATED", "UNAUTHENTICATED"),
        (errors.ForbiddenError("m"), "PERMISSION_DENIED", "FORBIDDEN"),
        (errors.ThrottledError("m"), "RESOURCE_EXHAUSTED", "THROTTLED"),
        (errors.QuotaError("m"), "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    ],
)
def test_an_error_is_answered_by_its_rule(error, code, reason):
    status = faults.status_of(error)

    assert status.code is grpc.StatusCode[code]
    assert status.details == "m"
    assert details(status, error_details_pb2.ErrorInfo) == [
        error_details_pb2.ErrorInfo(reason=reason, domain="sqlflow.org")
    ]


@pytest.mark.parametrize(
    ("error", "seconds"), [(errors.StorageError("m"), [1]), (errors.TokenError("m"), [])]
)
def test_only_a_passing_fault_says_when_to_come_again(error, seconds):
    found = details(faults.status_of(error), error_details_pb2.RetryInfo)

    assert [r.retry_delay.seconds for r in found] == seconds


def test_who_asks_too_often_is_told_when_to_ask_again():
    status = faults.status_of(errors.ThrottledError("m", retry_after=2.5))
    (retry,) = details(status, error_details_pb2.RetryInfo)

    assert retry.retry_delay.ToMilliseconds() == 2500


def test_each_problem_of_a_program_is_a_violation_with_its_place():
    error = errors.ProgramError(
        errors.Problem(message="one", statement=1, line=2, column=3),
        errors.Problem(message="two"),
    )
    ((request,)) = details(faults.status_of(error), error_details_pb2.BadRequest)

    assert [(v.field, v.description, v.reason) for v in request.field_violations] == [
        ("program:2:3", "statement 1, line 2, column 3: one", "PROGRAM_INVALID"),
        ("program", "two", "PROGRAM_INVALID"),
    ]


@pytest.mark.parametrize("message", ["ä" * 5000, "x" * 50, "€" * 400])
def test_an_answer_is_never_larger_than_what_clients_take(message):
    error = errors.ProgramError(*[errors.Problem(message=message, line=1, column=1)] * 300)
    status = faults.status_of(error)
    ((_, data),) = status.trailing_metadata
    percent_encoded = sum(1 if b < 128 else 3 for b in status.details.encode())

    assert len(data) * 4 / 3 + percent_encoded < 8192 - 256


def test_an_incident_tells_its_number_and_nothing_else():
    number, status = faults.incident()
    (info,) = details(status, error_details_pb2.ErrorInfo)

    assert status.code is grpc.StatusCode.INTERNAL
    assert status.details == f"internal error; the server's log has more under incident {number}"
    assert dict(info.metadata) == {"incident": number}
