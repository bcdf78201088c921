"""Makes events of the records of a transcript. Pure: pages in, events out, whoever fetched them.

A record that is longer than a frame comes in pieces; the pieces of one record are of one step,
attempt and stream, and in order, though records of other streams may stand between them. Row
records need the header before them to be read. So for each step there is a little state, of its
newest attempt only, and what is kept never grows with the transcript.

After a gap the rest of a torn record can't be told from a whole one, so a record that does not
parse is passed over in an attempt that has lost frames, and is the service's fault in any other.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sqlflow import errors
from sqlflow.client import events, snapshots
from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.wire import rows, statuses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlflow.wire.statuses import Status


class Assembler:
    """Reads the pages of one job in order."""

    def __init__(self) -> None:
        self._attempts: dict[int, _Attempt] = {}
        self._job: pb.Job | None = None

    def feed(self, page: pb.Page) -> Iterator[events.Event]:
        """Yield what a page says: a change of the job first, then its records.

        Raises:
            SQLFlowError: a record can't be read although nothing was lost.
        """
        if page.HasField("job") and page.job != self._job:
            self._job = page.job
            yield events.JobChanged(snapshots.job_from_proto(page.job))
        for record in page.records:
            yield from self._attempt(record).feed(record)

    def _attempt(self, record: pb.Record) -> _Attempt:
        found = self._attempts.get(record.step)
        if found is None or record.attempt > found.number:
            found = self._attempts[record.step] = _Attempt(record.step, record.attempt)
        return found


class _Attempt:
    """The newest attempt of one step: its unfinished records and the header of its rows."""

    def __init__(self, step: int, number: int) -> None:
        self.number = number
        self._place: dict[str, Any] = {"step": step, "attempt": number}
        self._pieces: dict[int, list[str]] = {}
        self._codec: rows.RowCodec | None = None
        self._lossy = False

    def feed(self, record: pb.Record) -> Iterator[events.Event]:
        if record.attempt < self.number:
            return
        text = self._joined(record)
        if text is None:
            return
        try:
            event = self._event(record.stream, text)
        except (ValueError, LookupError, TypeError) as error:
            if self._lossy:
                return
            raise errors.SQLFlowError(
                f"the server sent a record that can't be read (statement {record.step}, "
                f"number {record.seq}): {error}"
            ) from error
        if event is not None:
            yield event

    def _joined(self, record: pb.Record) -> str | None:
        """Return the whole text once its last piece is there."""
        pieces = self._pieces.get(record.stream)
        if record.more:
            self._pieces.setdefault(record.stream, []).append(record.text)
            return None
        if pieces is None:
            return record.text
        del self._pieces[record.stream]
        return "".join([*pieces, record.text])

    def _event(self, stream: int, text: str) -> events.Event | None:
        if stream == pb.ROWS:
            return self._rows(text)
        if stream == pb.STATUS:
            return self._status(text)
        return events.Line(**self._place, text=text, stderr=stream == pb.STDERR)

    def _rows(self, text: str) -> events.Event:
        if rows.is_header(text):
            self._codec = rows.RowCodec(rows.header_from_json(text))
            return events.TableStarted(**self._place, columns=self._codec.columns)
        if self._codec is None:
            raise ValueError("rows without a header")
        return events.Rows(
            **self._place, columns=self._codec.columns, rows=self._codec.decode(text)
        )

    def _status(self, text: str) -> events.Event | None:
        status = statuses.parse(text)
        if status is None:  # of a later version
            return None
        if status.event is statuses.Event.GAP:
            self._lossy = True
            self._pieces.clear()
        if self._place["step"] == 0 and status.event is statuses.Event.END:
            return events.JobEnded(**self._place, **_end(status))
        return _READERS[status.event](self._place, status)


def _begin(place: dict[str, Any], status: Status) -> events.Event:
    return events.StepStarted(
        **place,
        statement=str(status.details.get("statement", "")),
        kind=str(status.details.get("kind", "")),
    )


def _message(place: dict[str, Any], status: Status) -> events.Event:
    return events.Message(**place, text=status.text)


def _progress(place: dict[str, Any], status: Status) -> events.Event:
    return events.Progress(
        **place,
        text=status.text,
        unit=str(status.details.get("unit", "")),
        done=int(status.details.get("done", 0)),
        total=int(status.details.get("total") or 0),
        metrics=dict(status.details.get("metrics", {})),
    )


def _warning(place: dict[str, Any], status: Status) -> events.Event:
    return events.Warned(**place, text=status.text)


def _figure(place: dict[str, Any], status: Status) -> events.Event:
    return events.Figure(
        **place,
        data=base64.b64decode(status.details["data"]),
        mime=str(status.details.get("mime", "image/png")),
        text=status.text,
    )


def _truncated(place: dict[str, Any], status: Status) -> events.Event:
    limit = status.details.get("limit")
    default = f"output passed the limit of {limit} bytes; what follows was dropped"
    return events.Incomplete(**place, text=status.text or default)


def _gap(place: dict[str, Any], status: Status) -> events.Event:
    first, last = status.details.get("first"), status.details.get("last")
    default = f"some output was lost (frames {first} to {last})"
    return events.Incomplete(**place, text=status.text or default)


def _error(place: dict[str, Any], status: Status) -> events.Event:
    return events.StepFailed(
        **place,
        text=status.text,
        reason=str(status.details.get("reason", "")),
        line=int(status.details.get("line") or 0),
        column=int(status.details.get("column") or 0),
    )


def _end(status: Status) -> dict[str, Any]:
    return {
        "phase": str(status.details["phase"]),
        "reason": str(status.details.get("reason") or ""),
        "text": status.text,
    }


def _step_end(place: dict[str, Any], status: Status) -> events.Event:
    elapsed = float(status.details.get("elapsed") or 0)
    return events.StepEnded(**place, **_end(status), elapsed=elapsed)


_READERS: dict[statuses.Event, Callable[[dict[str, Any], Status], events.Event]] = {
    statuses.Event.BEGIN: _begin,
    statuses.Event.MESSAGE: _message,
    statuses.Event.PROGRESS: _progress,
    statuses.Event.WARNING: _warning,
    statuses.Event.FIGURE: _figure,
    statuses.Event.TRUNCATED: _truncated,
    statuses.Event.GAP: _gap,
    statuses.Event.ERROR: _error,
    statuses.Event.END: _step_end,
}
