"""Makes pages by hand, as a server would send them."""

from __future__ import annotations

import json
from typing import Any

from sqlflow.v1 import sqlflow_pb2 as pb


def record(step: int, stream: pb.Stream.ValueType, text: str, **fields: Any) -> pb.Record:
    """Return a record of the first attempt."""
    return pb.Record(step=step, stream=stream, text=text, **{"attempt": 1, **fields})


def line(step: int, text: str, **fields: Any) -> pb.Record:
    """Return a line of standard output."""
    return record(step, pb.STDOUT, text, **fields)


def rows(step: int, value: Any, **fields: Any) -> pb.Record:
    """Return a header or a batch."""
    return record(step, pb.ROWS, json.dumps(value), **fields)


def status(step: int, event: str, text: str = "", attempt: int = 1, **details: Any) -> pb.Record:
    """Return a status event."""
    value = {"event": event, "text": text, "details": details}
    return record(step, pb.STATUS, json.dumps(value), attempt=attempt)


def header(*columns: tuple[str, str]) -> dict[str, Any]:
    """Return the header of a result with these names and types."""
    return {"columns": [{"name": n, "type": t} for n, t in columns]}
