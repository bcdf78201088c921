"""Shows jobs: many, a line each, or one with its statements."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sqlflow.client.snapshots import JobStatus
from sqlflow_cli.options import Listing
from sqlflow_cli.views import wording
from sqlflow_cli.views.jsons import job_value
from sqlflow_cli.views.steplists import StepList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlflow.client.snapshots import JobSnapshot

_STYLES = {
    JobStatus.SUCCEEDED: "green",
    JobStatus.FAILED: "bold red",
    JobStatus.CANCELLED: "yellow",
    JobStatus.RUNNING: "cyan",
}


def show_jobs(jobs: Iterable[JobSnapshot], output: Listing) -> None:
    """Write a line for each job to standard output."""
    if output is Listing.JSON:
        for job in jobs:
            print(json.dumps(job_value(job), ensure_ascii=False))
        return
    lines = [_cells(job) for job in jobs]
    if lines:
        console = _console(in_pipe=200)
        console.print(_table(lines, fill=console.is_terminal))
    else:
        print("no jobs")


def _cells(job: JobSnapshot) -> tuple[Text, ...]:
    return (
        Text(job.id),
        Text(job.status.lower(), style=_STYLES.get(job.status, "")),
        Text(_local(job.created)),
        Text(_took(job)),
        Text(wording.cell(job.message.partition("\n")[0])),
    )


def _table(lines: list[tuple[Text, ...]], *, fill: bool) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, expand=fill
    )
    for name in ("Job", "Status", "Created", "Took"):
        table.add_column(name, no_wrap=True)
    table.add_column("Message", no_wrap=True, overflow="ellipsis", ratio=1)  # the rest of the line
    for line in lines:
        table.add_row(*line)
    return table


def show_job(job: JobSnapshot, output: Listing) -> None:
    """Write a job and its statements to standard output."""
    if output is Listing.JSON:
        print(json.dumps(job_value(job), ensure_ascii=False))
        return
    console = _console(in_pipe=100)
    reason = f": {wording.line(job.message)}" if job.message else ""
    head = Text(f"{job.status.lower()}{reason}", style=_STYLES.get(job.status, ""))
    console.print(head, soft_wrap=True)
    if link := wording.link(job):
        console.print(Text(link, style="dim"), soft_wrap=True)
    console.print(StepList().draw(job, {}, shown=len(job.steps)))


def _console(*, in_pipe: int) -> Console:
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = in_pipe
    return console


def _local(time: dt.datetime | None) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S") if time else ""


def _took(job: JobSnapshot) -> str:
    if job.started is None:
        return ""
    end = job.finished or dt.datetime.now(dt.UTC)
    return wording.seconds(max((end - job.started).total_seconds(), 0.0))
