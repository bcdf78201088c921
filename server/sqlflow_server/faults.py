"""Errors as gRPC answers: :data:`sqlflow.errors.RULES` with google.rpc details.

Each answer carries an ErrorInfo (the rule's reason, domain ``sqlflow.org``). A program that can't
be run adds a BadRequest with one violation a problem, a passing fault a RetryInfo. Whatever is not
one of our errors is our fault: the caller gets an incident number, and the log has the rest.

gRPC sends all this as headers, of which a client takes no more than 8 KiB by default, percent and
base64 encoding included; so long texts are cut and only the first problems are listed.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from sqlflow import errors

if TYPE_CHECKING:
    import grpc
    from google.protobuf.message import Message

DOMAIN = "sqlflow.org"
RETRY_AFTER = 1
"""Seconds after which a passing fault may be gone."""

_MESSAGE = 1024
_PROBLEMS = 2048


def status_of(error: errors.SQLFlowError) -> grpc.Status:
    """Return what an error is answered with."""
    rule = errors.rule_for(error)
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=rule.reason, domain=DOMAIN)]
    if isinstance(error, errors.ProgramError):
        details.append(_bad_request(error))
    if isinstance(error, errors.TransientError):
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(round(getattr(error, "retry_after", RETRY_AFTER) * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    return _status(rule.grpc_status, _cut(str(error), _MESSAGE), details)


def incident() -> tuple[str, grpc.Status]:
    """Return a number for what is our fault, and what it is answered with."""
    number = uuid.uuid4().hex[:12]
    rule = errors.RULES[errors.SQLFlowError]
    info = error_details_pb2.ErrorInfo(
        reason=rule.reason, domain=DOMAIN, metadata={"incident": number}
    )
    text = f"internal error; the server's log has more under incident {number}"
    return number, _status(rule.grpc_status, text, [info])


def _bad_request(error: errors.ProgramError) -> error_details_pb2.BadRequest:
    reason = errors.rule_for(error).reason
    request = error_details_pb2.BadRequest()
    for number, problem in enumerate(error.problems):
        if request.ByteSize() > _PROBLEMS - _MESSAGE and number:
            more = f"{len(error.problems) - number} more problems"
            request.field_violations.add(field="program", description=more, reason=reason)
            break
        request.field_violations.add(
            field=f"program:{problem.line}:{problem.column}" if problem.line else "program",
            description=_cut(str(problem), _MESSAGE),
            reason=reason,
        )
    return request


def _cut(text: str, size: int) -> str:
    """Shorten a text to so many bytes of UTF-8."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - len(" …".encode())].decode("utf-8", "ignore") + " …"


def _status(code: str, message: str, details: list[Message]) -> grpc.Status:
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    status: grpc.Status = rpc_status.to_status(
        status_pb2.Status(code=code_pb2.Code.Value(code), message=message, details=packed)
    )
    return status
