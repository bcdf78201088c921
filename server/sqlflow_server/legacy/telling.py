"""Records of a transcript as responses of 2020. Pure: records in, responses out.

A record may come in pieces, and the pieces of one on several pages; between pages a teller can be
set up anew only where no record is in pieces (``whole``), from the header of the result it was in.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.wire import rows, statuses
from sqlflow.wire.statuses import Event
from sqlflow_server.legacy import cells
from sqlflow_server.legacy import sqlflow_pb2 as old

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlflow.wire.statuses import Status

HTML = "data:text/html,"
"""The prefix of messages that a notebook renders."""

MAX_RESPONSE = 2 * 1024 * 1024
"""Bytes of the longest response: a page with one is still below the 4 MiB that clients take."""

_RENDERED = re.compile(rf"{HTML}|<[a-z]")
_CONTROLS = dict.fromkeys(i for i in (*range(32), 127) if chr(i) not in "\t\n")


class Teller:
    """Tells the records of one job in order.

    Args:
        header: of the result that the records begin in the middle of; empty: none.
    """

    def __init__(self, header: str = "") -> None:
        self.header = header
        self._codec = _codec(header) if header else None
        self._pieces: dict[int, list[str]] = {}

    @property
    def whole(self) -> bool:
        """Whether no record is in pieces."""
        return not self._pieces

    def tell(self, record: pb.Record, steps: Sequence[pb.Step]) -> list[old.Response]:
        """Return what a record means; ``steps`` are those of its job."""
        if record.more:
            self._pieces.setdefault(record.stream, []).append(record.text)
            return []
        text = "".join([*self._pieces.pop(record.stream, []), record.text])
        try:
            return [_bearable(r) for r in self._responses(record, text, steps)]
        except (ValueError, LookupError, TypeError):
            # Torn by a loss, which the transcript has told of, or of a later version.
            return []

    def _responses(
        self, record: pb.Record, text: str, steps: Sequence[pb.Step]
    ) -> Iterable[old.Response]:
        if record.stream == pb.ROWS:
            return self._rows(text)
        if record.stream != pb.STATUS:
            return [message(unrendered(text))]
        status = statuses.parse(text)
        if status is None or not record.step:
            return []
        if status.event in (Event.GAP, Event.END):
            self._pieces.clear()
        if status.event is Event.END:
            self.header, self._codec = "", None
        return _status(status, steps[record.step - 1], len(steps))

    def _rows(self, text: str) -> Iterable[old.Response]:
        if rows.is_header(text):
            self.header, self._codec = text, _codec(text)
            names = [column.name for column in self._codec.columns]
            return [old.Response(head=old.Head(column_names=names))]
        if self._codec is None:
            return []
        return [old.Response(row=cells.row(row)) for row in self._codec.decode(text)]


def is_end(record: pb.Record) -> bool:
    """Whether a record ends an attempt of a step (or the job)."""
    if record.stream != pb.STATUS or record.more:
        return False
    try:
        status = statuses.parse(record.text)
    except ValueError:  # the last piece of a longer one; an end is always whole
        return False
    return status is not None and status.event is Event.END


def message(text: str) -> old.Response:
    """Return a line for the user."""
    return old.Response(message=old.Message(message=text))


def unrendered(text: str) -> str:
    """Return a line that a notebook shows as it is: never as HTML, nor as a terminal's commands."""
    text = text.translate(_CONTROLS)
    return f" {text}" if _RENDERED.match(text) else text


def _codec(header: str) -> rows.RowCodec:
    return rows.RowCodec(rows.header_from_json(header))


def _status(status: Status, step: pb.Step, count: int) -> list[old.Response]:
    name = f"SQLFlow Step: [{step.index}/{count}]"
    if status.event is Event.BEGIN:
        return [message(unrendered(f"{name} Execute Code: {step.summary}"))]
    if status.event is Event.FIGURE:
        return [message(_figure(status))]
    if status.event is Event.END:
        spent = int(float(status.details.get("elapsed") or 0))
        eoe = old.EndOfExecution(sql=step.summary, spent_time_seconds=spent)
        return [message(f"{name} Status: {status.details['phase']}"), old.Response(eoe=eoe)]
    return [message(unrendered(status.text))] if status.text else []


def _figure(status: Status) -> str:
    mime, data = (html.escape(str(status.details[key])) for key in ("mime", "data"))
    # The client strips every leading character of "data:text/html,", so nothing but "<" may follow.
    return (
        f'{HTML}<div><img src="data:{mime};base64,{data}" alt="{html.escape(status.text)}"></div>'
    )


def _bearable(response: old.Response) -> old.Response:
    size = response.ByteSize()
    if size <= MAX_RESPONSE:
        return response
    if response.WhichOneof("response") == "eoe":
        return old.Response(eoe=old.EndOfExecution())
    kind = {"row": "a row", "head": "a header"}.get(response.WhichOneof("response") or "", "a line")
    return message(f"{kind} of {size} bytes is left out: it is more than this client takes")
