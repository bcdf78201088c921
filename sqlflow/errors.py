"""What can go wrong, told apart by who can mend it.

Every error that leaves a package of this project is one of these. The two branches decide what a
caller does: a :class:`UserError` will happen again until the user changes something, so it is never
retried; a :class:`TransientError` may be gone at the next try.

::

    SQLFlowError
    ├── UserError                the request must change
    │   ├── ProgramError         the text of the program, or an attribute in it
    │   │   ├── NotSupportedError   understood, but not executed by this version
    │   │   └── LimitError          larger than a documented limit
    │   ├── DataSourceError      the data source can't be used as asked: DSN, login, driver
    │   ├── StatementError       the database refused a statement
    │   ├── ModelError           a model is missing, unusable, or trained on something else
    │   ├── DataError            the data does not fit what the statement does with it
    │   ├── UnauthenticatedError the caller did not prove who it is
    │   ├── ForbiddenError       the caller is known, and may not do it
    │   ├── TokenError           not a fetch token of this service, or not of this job
    │   │   └── TokenExpiredError   once valid: its key or version is gone
    │   ├── JobNotFoundError     no such job, or not the caller's
    │   ├── JobConflictError     the idempotency key stands for another program
    │   └── JobFailedError       the job ran and did not succeed (raised by clients)
    └── TransientError           the same request may succeed later
        ├── UnavailableError     a server can't be reached
        ├── BusyError            somebody else holds what is needed
        ├── ThrottledError       the caller asks too often, or too much at once
        ├── QuotaError           the caller has as many jobs as it may have
        └── StorageError         the disk is full or failing

:data:`RULES` says for each class what a gRPC server answers, what the operator does with the job
and what the command exits with. Shells look the rule up with :func:`rule_for`; nothing else
translates errors. ``docs/errors.md`` is generated from this file.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class SQLFlowError(Exception):
    """The root. Its text is meant for a person and never holds a secret."""


class UserError(SQLFlowError):
    """The request itself must change before it can succeed."""


class TransientError(SQLFlowError):
    """A passing fault: the same request may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a program, and where.

    Attributes:
        message: what was found and what was expected, one sentence.
        statement: the number of the statement, from 1; 0 if the program as a whole is meant.
        line: the line in the program, from 1; 0 if no place can be named.
        column: the column in that line in characters, from 1.
        snippet: the line of the program; the caret goes under ``column - cut``.
        cut: characters of a long line that are left out before the snippet.
        hint: a way out, such as "did you mean 'train.num_boost_round'?".
    """

    message: str
    statement: int = 0
    line: int = 0
    column: int = 0
    snippet: str = ""
    cut: int = 0
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self._place()}{self.message}"
        if self.hint:
            text += f"; {self.hint}"
        if self.snippet:
            # Tabs keep their width, so that the caret stands under the right character.
            before = self.snippet[: self.column - self.cut - 1]
            pad = "".join("\t" if c == "\t" else " " for c in before)
            text += f"\n  {self.snippet}\n  {pad}^"
        return text

    def _place(self) -> str:
        parts = [
            f"{name} {number}"
            for name, number in (
                ("statement", self.statement),
                ("line", self.line),
                ("column", self.column),
            )
            if number
        ]
        return ", ".join(parts) + ": " if parts else ""


class ProgramError(UserError):
    """The program can't be run as it is written.

    Attributes:
        problems: all that was found, in the order of the program; never empty.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class NotSupportedError(ProgramError):
    """The statement is understood, but this version does not execute it."""


class LimitError(ProgramError):
    """The program is larger than a documented limit."""


class DataSourceError(UserError):
    """The data source can't be used as asked: its DSN, its login, a missing driver."""


class StatementError(UserError):
    """The database refused a statement; the text is the database's own."""


class ModelError(UserError):
    """A model is missing, damaged, or was trained on other columns."""


class DataError(UserError):
    """The data does not fit what the statement does with it."""


class UnauthenticatedError(UserError):
    """The caller did not prove who it is: no login, or one that is not valid here."""


class ForbiddenError(UserError):
    """The caller is known, and may not do what it asks for."""


class TokenError(UserError):
    """The fetch token is not one of this service, or not one of this job."""


class TokenExpiredError(TokenError):
    """The token was valid once; Fetch can start again from the job's id."""


class JobNotFoundError(UserError):
    """There is no such job, or the caller may not see it: the answer is the same."""


class JobConflictError(UserError):
    """The idempotency key was used before, for another program."""


class JobFailedError(UserError):
    """The job ended without success; raised by clients that were asked for its result."""


class UnavailableError(TransientError):
    """A server can't be reached, or is about to go."""


class BusyError(TransientError):
    """Something that is needed is held by somebody else, who is named."""


class ThrottledError(TransientError):
    """The caller asks too often, or too much at once.

    Attributes:
        retry_after: seconds after which it is worth while to ask again.
    """

    def __init__(self, text: str, *, retry_after: float = 1.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class QuotaError(TransientError):
    """The caller has as many jobs as it may have at a time."""


class StorageError(TransientError):
    """A disk is full or failing."""


class Action(enum.StrEnum):
    """What the operator does with a job that met the error."""

    FAIL = "fail the job"
    RETRY = "try again, with back-off"


class ExitCode(enum.IntEnum):
    """What the ``sqlflow`` command exits with."""

    OK = 0
    JOB_FAILED = 1
    BAD_PROGRAM = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Rule:
    """How one class of errors is answered.

    Attributes:
        reason: stable name for machines, in ``google.rpc.ErrorInfo`` and in a step's end.
        grpc_status: the name of the gRPC status code.
        action: what the operator does with the job.
        exit_code: of the ``sqlflow`` command.
    """

    reason: str
    grpc_status: str
    action: Action
    exit_code: ExitCode


_FAIL, _RETRY = Action.FAIL, Action.RETRY
_FAILED, _BAD, _AWAY = ExitCode.JOB_FAILED, ExitCode.BAD_PROGRAM, ExitCode.UNREACHABLE

RULES: Mapping[type[SQLFlowError], Rule] = {
    SQLFlowError: Rule("INTERNAL", "INTERNAL", _FAIL, _FAILED),
    UserError: Rule("INVALID", "INVALID_ARGUMENT", _FAIL, _BAD),
    ProgramError: Rule("PROGRAM_INVALID", "INVALID_ARGUMENT", _FAIL, _BAD),
    NotSupportedError: Rule("NOT_SUPPORTED", "INVALID_ARGUMENT", _FAIL, _BAD),
    LimitError: Rule("LIMIT_EXCEEDED", "INVALID_ARGUMENT", _FAIL, _BAD),
    DataSourceError: Rule("DATA_SOURCE", "FAILED_PRECONDITION", _FAIL, _FAILED),
    StatementError: Rule("STATEMENT_FAILED", "FAILED_PRECONDITION", _FAIL, _FAILED),
    ModelError: Rule("MODEL", "FAILED_PRECONDITION", _FAIL, _FAILED),
    DataError: Rule("DATA", "FAILED_PRECONDITION", _FAIL, _FAILED),
    UnauthenticatedError: Rule("UNAUTHENTICATED", "UNAUTHENTICATED", _FAIL, _FAILED),
    ForbiddenError: Rule("FORBIDDEN", "PERMISSION_DENIED", _FAIL, _FAILED),
    TokenError: Rule("TOKEN_INVALID", "INVALID_ARGUMENT", _FAIL, _FAILED),
    TokenExpiredError: Rule("TOKEN_EXPIRED", "FAILED_PRECONDITION", _FAIL, _FAILED),
    JobNotFoundError: Rule("JOB_NOT_FOUND", "NOT_FOUND", _FAIL, _FAILED),
    JobConflictError: Rule("JOB_CONFLICT", "ALREADY_EXISTS", _FAIL, _FAILED),
    JobFailedError: Rule("JOB_FAILED", "ABORTED", _FAIL, _FAILED),
    TransientError: Rule("TRANSIENT", "UNAVAILABLE", _RETRY, _AWAY),
    UnavailableError: Rule("UNAVAILABLE", "UNAVAILABLE", _RETRY, _AWAY),
    BusyError: Rule("BUSY", "UNAVAILABLE", _RETRY, _FAILED),
    ThrottledError: Rule("THROTTLED", "RESOURCE_EXHAUSTED", _RETRY, _AWAY),
    QuotaError: Rule("QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", _RETRY, _FAILED),
    StorageError: Rule("STORAGE", "RESOURCE_EXHAUSTED", _RETRY, _FAILED),
}


def rule_for(error: BaseException) -> Rule:
    """Return the rule of the error's nearest listed class; INTERNAL for foreign exceptions."""
    for cls in type(error).__mro__:
        if cls in RULES:
            return RULES[cls]
    return RULES[SQLFlowError]
