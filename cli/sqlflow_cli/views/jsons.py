"""All that happens to a job, as JSON: one object a line, in order.

Each has an ``event``, and but for ``job`` a ``step`` (from 1) and an ``attempt``:

===========  =====================================================================================
event        besides
===========  =====================================================================================
job          ``job``: id, status, reason, message, monitor_url, submitter, times and steps; comes
             first, and whenever the job or a step changed
begin        ``statement`` (its id), ``kind``
line         ``stream`` (``stdout`` or ``stderr``), ``text``
columns      ``columns``: name and type of each; begins a table
rows         ``rows``: arrays of cells, encoded by type as in docs/protocol.md
message      ``text``
progress     ``text``, ``unit``, ``done``, ``total``, ``metrics``
warning      ``text``
figure       ``mime``, ``text``, ``data`` (base64)
incomplete   ``text``: what of the output is missing
error        ``text``, ``reason``, ``line``, ``column``
end          ``phase``, ``reason``, ``text``, ``elapsed`` in seconds
job-end      ``phase``, ``reason``, ``text``; the last one (``step`` is 0)
===========  =====================================================================================
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from sqlflow.client import events
from sqlflow.wire import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from sqlflow.client.snapshots import JobSnapshot
    from sqlflow_cli.figures import FigureFolder

_NAMES: dict[type, str] = {
    events.StepStarted: "begin",
    events.Line: "line",
    events.Message: "message",
    events.Progress: "progress",
    events.Warned: "warning",
    events.Figure: "figure",
    events.Incomplete: "incomplete",
    events.StepFailed: "error",
    events.StepEnded: "end",
    events.JobEnded: "job-end",
}


class JsonView:
    """Writes an object for each event."""

    def __init__(self, out: TextIO, figures: FigureFolder) -> None:
        self._out = out
        self._figures = figures

    def start(self, job: JobSnapshot) -> None:
        """Write the job."""
        self._write({"event": "job", "job": job_value(job)})

    def show(self, event: events.Event) -> None:
        """Write an event."""
        match event:
            case events.JobChanged(job=job):
                self.start(job)
            case events.TableStarted():
                header = json.loads(rows.header_to_json(event.columns))
                self._write(_place("columns", event) | header)
            case events.Rows():
                self._write_rows(event)
            case events.Line():
                stream = "stderr" if event.stderr else "stdout"
                self._write(_place("line", event) | {"stream": stream, "text": event.text})
            case events.Figure():
                self._figures.save(event)
                data = base64.b64encode(event.data).decode("ascii")
                value = {"mime": event.mime, "text": event.text, "data": data}
                self._write(_place("figure", event) | value)
            case _:
                fields = dataclasses.asdict(event)
                self._write(_place(_NAMES[type(event)], event) | fields)

    def _write_rows(self, event: events.Rows) -> None:
        # The cells are encoded as on the wire, and not once more.
        head = json.dumps(_place("rows", event))
        self._out.write(
            f'{head[:-1]}, "rows": {rows.RowCodec(event.columns).encode(event.rows)}}}\n'
        )
        self._out.flush()

    def _write(self, value: dict[str, Any]) -> None:
        self._out.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._out.flush()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Write nothing meanwhile, as always when no event comes."""
        yield

    def close(self) -> None:
        """Nothing is left to write."""


def job_value(job: JobSnapshot) -> dict[str, Any]:
    """Return a job as JSON values; times are ISO 8601, in UTC."""
    value: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(job), default=_time))
    return value


def _time(value: Any) -> str:
    assert isinstance(value, dt.datetime)
    return value.isoformat()


def _place(name: str, event: events.StepEvent) -> dict[str, Any]:
    return {"event": name, "step": event.step, "attempt": event.attempt}
