"""What an exception means to the user: a text, a reason for machines, a place in the program."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from sqlflow import errors
from sqlflow.step import recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.plan.program import Statement

_FULL = (errno.ENOSPC, errno.EDQUOT)


def translated(error: BaseException) -> BaseException:
    """Return the project's own error for a foreign one whose meaning is plain."""
    if isinstance(error, OSError) and error.errno in _FULL:
        place = f" ({error.filename})" if error.filename else ""
        return errors.StorageError(f"the disk is full{place}")
    return error


def expected(error: BaseException) -> bool:
    """Tell whether the error's text says all; where it does not, a traceback is owed."""
    return isinstance(error, errors.SQLFlowError | MemoryError)


def text(error: BaseException) -> str:
    """Return what to tell a person."""
    if isinstance(error, errors.SQLFlowError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"the statement ran out of memory{f': {error}' if str(error) else ''}"
    import traceback

    return "".join(traceback.format_exception_only(error)).strip()


def details(error: BaseException, statement: Statement | None) -> Mapping[str, Any]:
    """Return the reason, and the place: that of the problem or else that of the statement."""
    out_of_memory = isinstance(error, MemoryError)
    reason = recording.OUT_OF_MEMORY if out_of_memory else errors.rule_for(error).reason
    place = error.problems[0] if isinstance(error, errors.ProgramError) else statement
    if place is None or not place.line:
        return {"reason": reason}
    return {"reason": reason, "line": place.line, "column": place.column}
