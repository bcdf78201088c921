"""The child: reads the program, executes one statement, tells its parent how that went.

Started by :mod:`sqlflow.step.launching`.
"""

from __future__ import annotations

import atexit
import io
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sqlflow import errors
from sqlflow.plan.program import Kind, Program
from sqlflow.step import failures, lifelines, recording
from sqlflow.step.reporting import StepReporter

if TYPE_CHECKING:
    from sqlflow.plan.program import Statement


def main() -> int:
    """Execute a statement; 0 if it was executed, 1 if it failed and that was told."""
    started = time.monotonic()
    program_file, index, limit, records, lifeline = sys.argv[1:]
    lifelines.tie(int(lifeline))
    os.set_inheritable(int(records), False)
    for file in (sys.stdout, sys.stderr):
        if isinstance(file, io.TextIOWrapper):
            file.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    report = StepReporter(recording.Recorder(int(records)), row_limit=int(limit))
    statement = None
    try:
        program, statement = _read(program_file, int(index))
        _execute(program.dialect, statement, report)
        if statement.kind is not Kind.STANDARD:
            report.message(f"Job finished. Time elapsed {time.monotonic() - started:.2f} s")
    except BaseException as error:  # noqa: BLE001 - whatever it was, it is told
        _tell(error, statement, report)
        return 1
    report.done()
    return 0


def _read(program_file: str, index: int) -> tuple[Program, Statement]:
    try:
        program = Program.from_json(Path(program_file).read_text(encoding="utf-8"))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise errors.SQLFlowError(f"the planned program can't be read: {error}") from error
    if not 1 <= index <= len(program.statements):
        raise errors.SQLFlowError(
            f"the program has {len(program.statements)} statements, there is no statement {index}"
        )
    return program, program.statements[index - 1]


def _execute(dialect: str, statement: Statement, report: StepReporter) -> None:
    from sqlflow.step import sources

    if statement.kind is not Kind.STANDARD:
        report.message("Done parsing")
    dsn = sources.read(dialect)
    report.redact = dsn.redact
    connect = partial(sources.connection, dsn, statement.session, report.message)
    if statement.kind is Kind.STANDARD:
        from sqlflow.step import standard

        with connect() as connection:
            standard.execute(statement, connection, report)
    else:
        from sqlflow import ml
        from sqlflow.ml.contexts import Context

        ml.execute(statement, Context(connect=connect, report=report))


def _tell(error: BaseException, statement: Statement | None, report: StepReporter) -> None:
    error = failures.translated(error)
    if not failures.expected(error):
        import traceback

        trace = report.redact("".join(traceback.format_exception(error)))
        # Not sys.stderr, which a library may have closed or replaced.
        with open(2, "wb", closefd=False) as stderr:
            stderr.write(trace.encode("utf-8", "backslashreplace"))
    report.error(failures.text(error), failures.details(error, statement))


def _leave(code: int) -> NoReturn:
    """End the process without the interpreter's own end.

    That only frees what the kernel frees faster: it takes 20 ms with a database driver alone, and
    many times that with the libraries of machine learning; and it waits for threads that a library
    left behind. What libraries registered to be called at the end, such as the removal of their
    temporary files, is called.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way to it but the whole end
    recording.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(main())
