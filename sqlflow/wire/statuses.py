"""Status events: what a step says about itself, beside text and rows.

A status is a small JSON object, ``{"event": …, "text": …, "details": {…}}``. ``text`` is a line
for a person, ``details`` is for machines; a reader ignores details that it does not know.

=============  ====================================================================================
event          details
=============  ====================================================================================
begin          ``statement`` (id), ``kind``; always the first frame
message        none; a milestone such as ``Done parsing``, or the row count of a statement
progress       ``unit`` (``epoch`` or ``round``), ``done`` (from 1), ``total``,
               ``metrics`` (name → number)
warning        none
figure         ``mime``, ``data`` (base64), the text is the alternative text
truncated      ``limit`` in bytes; what follows in stdout, stderr and rows was dropped
gap            ``first`` and ``last``, the numbers of the frames that are lost; no ``last`` where
               nobody knows how many; made by readers
error          ``reason`` (see :data:`sqlflow.errors.RULES`; where a process ended by itself, see
               ``sqlflow/step/endings.py``), ``line``, ``column`` where known
end            ``phase`` (a final one of :class:`Phase`), and where known ``reason``, ``exit_code``,
               ``signal`` (its name), ``elapsed`` in seconds; always the last frame, and whole
=============  ====================================================================================
"""

from __future__ import annotations

import enum
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Event(enum.StrEnum):
    """The kinds of status events; the module's docstring lists their details."""

    BEGIN = "begin"
    MESSAGE = "message"
    PROGRESS = "progress"
    WARNING = "warning"
    FIGURE = "figure"
    TRUNCATED = "truncated"
    GAP = "gap"
    ERROR = "error"
    END = "end"


_EVENTS = frozenset(Event)


class Phase(enum.StrEnum):
    """Where a job or a step is. The last three are final."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    SKIPPED = "Skipped"

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return self not in (Phase.PENDING, Phase.RUNNING)


_NONE: Mapping[str, Any] = MappingProxyType({})


class Status(NamedTuple):
    """One status event.

    A named tuple: to load :mod:`dataclasses` would be a fifth of all that a step's parent does.
    """

    event: Event
    text: str = ""
    details: Mapping[str, Any] = _NONE

    def to_json(self) -> str:
        """Return the payload of its frame."""
        value: dict[str, Any] = {"event": self.event}
        if self.text:
            value["text"] = self.text
        if self.details:
            value["details"] = self.details
        return json.dumps(value, ensure_ascii=False)


def end(
    phase: Phase,
    *,
    reason: str = "",
    text: str = "",
    exit_code: int | None = None,
    signal: str = "",
    elapsed: float | None = None,
) -> Status:
    """Return the end event of a step or a job; what is not known is left out."""
    known = {"reason": reason, "exit_code": exit_code, "signal": signal, "elapsed": elapsed}
    details = {name: value for name, value in known.items() if value not in (None, "")}
    return Status(Event.END, text, {"phase": phase, **details})


def gap(first: int, last: int | None = None) -> Status:
    """Return the event that says which frames are lost; no ``last``: nobody knows how many."""
    if last is None:
        return Status(Event.GAP, f"records from {first} on are lost", {"first": first})
    lost = f"record {first} is lost" if first == last else f"records {first} to {last} are lost"
    return Status(Event.GAP, lost, {"first": first, "last": last})


def parse(text: str) -> Status | None:
    """Read a payload; None for an event of a later version, which readers pass over.

    Raises:
        ValueError: the text is not a status at all.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("event"), str):
        msg = f"not a status event: {text[:80]!r}"
        raise ValueError(msg)
    details = value.get("details", {})
    if not isinstance(details, dict):
        msg = f"not a status event, its details are no object: {text[:80]!r}"
        raise ValueError(msg)
    if value["event"] not in _EVENTS:
        return None
    return Status(Event(value["event"]), str(value.get("text", "")), details)
