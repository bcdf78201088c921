"""The sentences of both human views, and what must not reach a terminal as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.client import events

if TYPE_CHECKING:
    from sqlflow.client.snapshots import JobSnapshot

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_CELL = str.maketrans(_CONTROLS | {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"})
_LINE = str.maketrans({code: text for code, text in _CONTROLS.items() if code != ord("\t")})


def cell(text: str) -> str:
    """Return text that stays in its cell: control characters are written out."""
    return text.translate(_CELL)


def line(text: str) -> str:
    """Return text that can't steer a terminal; tabs stay."""
    return text.translate(_LINE)


def link(job: JobSnapshot) -> str:
    """Return where a browser shows a job; empty if nowhere: not every monitor URL is for people."""
    return line(job.monitor_url) if job.monitor_url.startswith(("https://", "http://")) else ""


def seconds(span: float) -> str:
    """Return a span of time: ``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if span < 9.95:
        return f"{span:.1f} s"
    whole = round(span)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def of(event: events.StepEvent) -> str:
    """Return the sentence for a warning, an error or an end; empty if there is none to say."""
    match event:
        case events.Warned(text=text) | events.Incomplete(text=text):
            return f"warning: {text}"
        case events.StepFailed():
            return f"error: {place(event)}{event.text}"
        case events.StepEnded():
            return ended(event)
        case events.JobEnded(phase=phase, text=text):
            return f"job {phase.lower()}" + (f": {text}" if text else "")
    return ""


def place(event: events.StepFailed) -> str:
    """Return where in the program an error is: ``line 3, column 7: ``."""
    if not event.line:
        return ""
    column = f", column {event.column}" if event.column else ""
    return f"line {event.line}{column}: "


def ended(event: events.StepEnded) -> str:
    """Return how a statement ended, and after how long."""
    text = {"Succeeded": "done", "Skipped": "skipped"}.get(event.phase, event.phase.lower())
    if event.elapsed:
        text += f" in {seconds(event.elapsed)}"
    return text
