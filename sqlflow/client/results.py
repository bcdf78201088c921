"""What a job said, gathered: for programs small enough to be held as a whole.

:class:`Gatherer` turns events into a :class:`Result`. Only the last attempt of a statement counts:
a new one empties what the one before had filled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlflow import errors
from sqlflow.client import events
from sqlflow.client.snapshots import JobSnapshot, JobStatus
from sqlflow.client.tables import Table


@dataclass(slots=True, kw_only=True)
class StatementResult:
    """What one statement said, in its last attempt.

    Attributes:
        index: the number of the statement, from 1.
        id: such as ``s01-train``; empty if it never began.
        kind: ``standard``, ``train``, …
        attempt: which try this is.
        lines: what it printed to standard output.
        error_lines: what it printed to standard error.
        messages: its milestones.
        progress: one entry an epoch or boosting round.
        tables: its rows.
        figures: its pictures.
        warnings: what it warned of, and what of its output is missing.
        error: why it failed.
        end: how it ended; None if it did not run to its end.
    """

    index: int
    id: str = ""
    kind: str = ""
    attempt: int = 1
    lines: list[str] = field(default_factory=list)
    error_lines: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    progress: list[events.Progress] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[events.Figure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: events.StepFailed | None = None
    end: events.StepEnded | None = None

    def add(self, event: events.Event) -> None:
        """Take in an event of this statement and attempt."""
        match event:
            case events.StepStarted():
                self.id, self.kind = event.statement, event.kind
            case events.StepFailed():
                self.error = event
            case events.StepEnded():
                self.end = event
            case _:
                self._add_output(event)

    def _add_output(self, event: events.Event) -> None:
        match event:
            case events.Line():
                (self.error_lines if event.stderr else self.lines).append(event.text)
            case events.Message():
                self.messages.append(event.text)
            case events.Progress():
                self.progress.append(event)
            case events.TableStarted():
                self.tables.append(Table(event.columns))
            case events.Rows():
                self.tables[-1].rows.extend(event.rows)
            case events.Figure():
                self.figures.append(event)
            case events.Warned() | events.Incomplete():
                self.warnings.append(event.text)


@dataclass(slots=True)
class Result:
    """What a job said. ``statements`` holds those that began, in program order."""

    job: JobSnapshot
    statements: list[StatementResult]

    @property
    def tables(self) -> list[Table]:
        """The tables of all statements, in program order."""
        return [table for statement in self.statements for table in statement.tables]

    @property
    def table(self) -> Table:
        """The only table.

        Raises:
            DataError: there is none, or more than one.
        """
        tables = self.tables
        if len(tables) != 1:
            raise errors.DataError(f"expected one table in the result, found {len(tables)}")
        return tables[0]

    @property
    def figures(self) -> list[events.Figure]:
        """The pictures of all statements."""
        return [figure for statement in self.statements for figure in statement.figures]

    def raise_for_status(self) -> None:
        """Raise unless the job succeeded.

        Raises:
            JobFailedError: it failed or was cancelled; says which statement and why.
        """
        if self.job.status is not JobStatus.SUCCEEDED:
            raise errors.JobFailedError(self._failure())

    def _failure(self) -> str:
        verb = "was cancelled" if self.job.status is JobStatus.CANCELLED else "failed"
        text = f"job {self.job.id} {verb}"
        reasons = [f"statement {s.index}: {s.error.text}" for s in self.statements if s.error]
        return "\n".join([f"{text}: {self.job.message}" if self.job.message else text, *reasons])


class Gatherer:
    """Collects the events of one job."""

    def __init__(self, job: JobSnapshot) -> None:
        self._job = job
        self._statements: dict[int, StatementResult] = {}

    def add(self, event: events.Event) -> None:
        """Take in the next event."""
        if isinstance(event, events.JobChanged):
            self._job = event.job
        elif event.step:
            self._statement(event).add(event)

    def result(self) -> Result:
        """Return what was gathered so far."""
        return Result(self._job, [self._statements[i] for i in sorted(self._statements)])

    def _statement(self, event: Any) -> StatementResult:
        found = self._statements.get(event.step)
        if found is None or event.attempt > found.attempt:
            found = StatementResult(index=event.step, attempt=event.attempt)
            self._statements[event.step] = found
        return found
