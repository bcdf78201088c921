from __future__ import annotations

import errno

import pytest

from sqlflow import errors
from sqlflow.plan.program import Kind, Statement
from sqlflow.step import failures

STATEMENT = Statement(
    id="s02-select", index=2, kind=Kind.STANDARD, text="SELECT 1", line=7, column=3
)


@pytest.mark.parametrize(
    ("error", "text", "reason"),
    [
        (errors.ModelError("no model m"), "no model m", "MODEL"),
        (errors.BusyError("held by x"), "held by x", "BUSY"),
        (MemoryError(), "the statement ran out of memory", "OutOfMemory"),
        (
            MemoryError("unable to allocate 8 GiB"),
            "the statement ran out of memory: unable to allocate 8 GiB",
            "OutOfMemory",
        ),
        (KeyError("petal"), "KeyError: 'petal'", "INTERNAL"),
        (ValueError("two\nlines"), "ValueError: two\nlines", "INTERNAL"),
        (SystemExit(3), "SystemExit: 3", "INTERNAL"),
    ],
)
def test_an_error_has_a_text_and_a_reason(error, text, reason):
    assert failures.text(error) == text
    assert failures.details(error, None) == {"reason": reason}


def test_an_error_stands_where_its_statement_stands():
    details = failures.details(errors.StatementError("x"), STATEMENT)
    assert details == {"reason": "STATEMENT_FAILED", "line": 7, "column": 3}


def test_a_problem_of_the_program_has_a_place_of_its_own():
    error = errors.ProgramError(errors.Problem(message="x", line=9, column=4))
    details = failures.details(error, STATEMENT)
    assert details == {"reason": "PROGRAM_INVALID", "line": 9, "column": 4}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_an_error_of_storage(number):
    error = failures.translated(OSError(number, "…", "/tmp/spill"))
    assert isinstance(error, errors.StorageError)
    assert str(error) == "the disk is full (/tmp/spill)"


def test_any_other_error_stays_what_it_is():
    error = FileNotFoundError(errno.ENOENT, "…", "x")
    assert failures.translated(error) is error


@pytest.mark.parametrize(
    ("error", "expected"),
    [(errors.DataError("x"), True), (MemoryError(), True), (ValueError(), False)],
)
def test_a_traceback_is_owed_for_what_nobody_expected(error, expected):
    assert failures.expected(error) is expected
