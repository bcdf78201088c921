"""What a statement tells while it runs, as records for the parent.

This is the last place that every text passes on its way out, so the data source's password is
taken out here, should an engine's error quote it.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from sqlflow.step import packing, recording
from sqlflow.wire import rows
from sqlflow.wire.statuses import Event, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_ERROR_TEXT = 4000


class StepReporter:
    """The :class:`sqlflow.ml.contexts.Reporter` of a step.

    Args:
        recorder: writes to the parent.
        row_limit: bytes of rows after which more can't be shown; 0 for none.

    Attributes:
        redact: takes secrets out of a text.
    """

    def __init__(self, recorder: recording.Recorder, *, row_limit: int = 0) -> None:
        self._recorder = recorder
        self._row_limit = row_limit
        self.redact: Callable[[str], str] = str

    def message(self, text: str) -> None:
        """Report a milestone."""
        self._status(Event.MESSAGE, text)

    def progress(
        self, text: str, *, unit: str, done: int, total: int, metrics: Mapping[str, float]
    ) -> None:
        """Report that ``done`` of ``total`` units are over, ``done`` counting from 1."""
        details = {"unit": unit, "done": done, "total": total, "metrics": _finite(metrics)}
        self._status(Event.PROGRESS, text, details)

    def warning(self, text: str) -> None:
        """Report what is worth knowing and stops nothing."""
        self._status(Event.WARNING, text)

    def figure(self, png: bytes, alt: str) -> None:
        """Show a picture."""
        details = {"mime": "image/png", "data": base64.b64encode(png).decode("ascii")}
        self._status(Event.FIGURE, alt, details)

    def rows(
        self, columns: Sequence[rows.Column], batches: Iterable[Sequence[Sequence[Any]]]
    ) -> None:
        """Give out a table, as far as it can be shown."""
        self._recorder.write(recording.ROW, rows.header_to_json(columns))
        for record in packing.pack(rows.RowCodec(columns), batches):
            self._recorder.write(recording.ROW, record)
            if self._row_limit and self._recorder.sent > self._row_limit:
                return

    def error(self, text: str, details: Mapping[str, Any]) -> None:
        """Report why the statement failed."""
        text = self.redact(text)
        if len(text) > _ERROR_TEXT:
            text = text[:_ERROR_TEXT] + " …"
        self._recorder.write(recording.ERROR, Status(Event.ERROR, text, details).to_json())

    def done(self) -> None:
        """Report that the statement was executed; nothing follows."""
        self._recorder.write(recording.DONE)

    def _status(self, event: Event, text: str, details: Mapping[str, Any] | None = None) -> None:
        status = Status(event, self.redact(text), details or {})
        self._recorder.write(recording.STATUS, status.to_json())


def _finite(metrics: Mapping[str, float]) -> Mapping[str, float]:
    """Return what JSON has numbers for; the text shows the rest."""
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
