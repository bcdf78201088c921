"""Standard SQL: the statement goes to the engine as it stands, its rows come back as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.step import sources

if TYPE_CHECKING:
    from sqlflow.databases import Connection
    from sqlflow.plan.program import Statement
    from sqlflow.step.reporting import StepReporter


def execute(statement: Statement, connection: Connection, report: StepReporter) -> None:
    """Run the statement and give out its rows, or how many rows it changed."""
    result = connection.execute(statement.text)
    if not result.columns:
        report.message(_affected(result.affected))
        return
    batches = result.batches()
    report.rows(result.columns, batches)
    if statement.writes or statement.barrier:
        # There may be more rows than can be shown; what they write shall be written.
        sources.drain(batches)


def _affected(count: int) -> str:
    if count < 0:
        return "OK"
    return f"{count} row{'' if count == 1 else 's'} affected"
