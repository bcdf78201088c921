"""Turns what gRPC says back into the errors of :mod:`sqlflow.errors`.

A server of ours says what went wrong in the details of its status: the ErrorInfo holds the reason,
which names the class (:data:`sqlflow.errors.RULES`), and a BadRequest the problems of a program.
A status without them comes from the transport: the server is away, or something between is.
The text of a problem holds its place and the line of the program; both are read back from it.
"""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from sqlflow import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.rpc import status_pb2

_CLASSES = {rule.reason: cls for cls, rule in errors.RULES.items()}

_THROTTLED = errors.RULES[errors.ThrottledError].reason

_PASSING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        # A server that is stopping ends the calls that wait on it.
        grpc.StatusCode.CANCELLED,
    }
)
_FIRST_DELAY, _LONGEST_DELAY = 0.05, 2.0


class Attempts:
    """Decides after each failure of one request whether to send it again, and when.

    Args:
        server: to name in the error.
        patience: seconds after the first failure in which it is tried again.
        clock: for tests.
    """

    def __init__(
        self, server: str, patience: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._server = server
        self._patience = patience
        self._clock = clock
        self._deadline: float | None = None
        self._delay = _FIRST_DELAY

    def delay_after(self, error: grpc.RpcError) -> float:
        """Return the seconds to wait before the next try.

        Raises:
            SQLFlowError: it is no use, or it was tried for long enough.
        """
        if not _is_passing(error):
            raise to_error(error, self._server) from error
        now = self._clock()
        if self._deadline is None:
            self._deadline = now + self._patience
        if now >= self._deadline:
            raise to_error(error, self._server) from error
        # Jitter keeps the clients of a server that comes back from coming all at once.
        delay = self._delay * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
        self._delay = min(self._delay * 2, _LONGEST_DELAY)
        return min(delay, self._deadline - now)


def _is_passing(error: grpc.RpcError) -> bool:
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
        # Without a reason it is gRPC's own: too many calls at once.
        info = _detail(_status(error), error_details_pb2.ErrorInfo())
        return info is None or info.reason == _THROTTLED
    return error.code() in _PASSING


def to_error(error: grpc.RpcError, server: str) -> errors.SQLFlowError:
    """Return the error that a failed call stands for."""
    status, text = _status(error), error.details() or ""
    info = _detail(status, error_details_pb2.ErrorInfo())
    cls = _CLASSES.get(info.reason) if info else None
    if cls is None:
        return _foreign(error, server)
    if issubclass(cls, errors.ProgramError):
        return cls(*_problems(status, text))
    return cls(text)


def _foreign(error: grpc.RpcError, server: str) -> errors.SQLFlowError:
    """Return the error of a status that is not one of our own."""
    code, text = error.code(), error.details() or "no details"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.UnavailableError(f"the server at {server} did not answer in time")
    if code in _PASSING:
        return errors.UnavailableError(f"can't reach a server at {server}: {_short(text)}")
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return errors.UserError(f"the server at {server} does not speak sqlflow.v1: {text}")
    return errors.SQLFlowError(f"the server at {server} answered {code.name}: {text}")


def _short(text: str) -> str:
    """Return the end of gRPC's sentence, which is the system's own words for it."""
    return text.rpartition(": ")[2]


def _status(error: grpc.RpcError) -> status_pb2.Status | None:
    try:
        return rpc_status.from_call(error)
    except ValueError:  # the status and its details contradict each other
        return None


def _detail(status: status_pb2.Status | None, message: Any) -> Any:
    """Fill the message from the first detail of its kind; None if there is none."""
    for detail in status.details if status else ():
        if detail.Unpack(message):
            return message
    return None


def _problems(status: status_pb2.Status | None, text: str) -> tuple[errors.Problem, ...]:
    bad = _detail(status, error_details_pb2.BadRequest())
    texts = [v.description for v in bad.field_violations] if bad else []
    return tuple(map(problem_from_text, texts or [text]))


_PROBLEM = re.compile(
    r"(?:statement (?P<statement>\d+)(?:, |: ))?(?:line (?P<line>\d+)(?:, |: ))?"
    r"(?:column (?P<column>\d+): )?"
    r"(?P<message>.*?)(?:\n  (?P<snippet>[^\n]*)\n  (?P<pad>[ \t]*)\^)?",
    re.DOTALL,
)


def problem_from_text(text: str) -> errors.Problem:
    """Read what ``str(problem)`` wrote. A hint stays part of the message."""
    match = _PROBLEM.fullmatch(text)
    assert match is not None, "every part is optional, and the message takes any text"
    statement, line, column = (int(match[n] or 0) for n in ("statement", "line", "column"))
    return errors.Problem(
        message=match["message"],
        statement=statement,
        line=line,
        column=column,
        snippet=match["snippet"] or "",
        cut=column - len(match["pad"]) - 1 if match["snippet"] and column else 0,
    )
