"""Intervals of numbers, tested and put into words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """An interval of numbers; an end that is not named is unbounded."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: float) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = (
            self.high is None or value < self.high or (value == self.high and not self.high_open)
        )
        return above and below

    def around(self, name: str) -> str:
        """Write the interval around a name: ``0 < eta ≤ 1``, ``eta ≥ 0``."""
        if self.low is None:
            return name if self.high is None else f"{name} {_below(self)} {_end(self.high)}"
        if self.high is None:
            return f"{name} {'>' if self.low_open else '≥'} {_end(self.low)}"
        low = f"{_end(self.low)} {'<' if self.low_open else '≤'}"
        return f"{low} {name} {_below(self)} {_end(self.high)}"

    def __str__(self) -> str:
        """Write the interval without a name: ``> 0 and ≤ 1``."""
        ends = []
        if self.low is not None:
            ends.append(f"{'>' if self.low_open else '≥'} {_end(self.low)}")
        if self.high is not None:
            ends.append(f"{_below(self)} {_end(self.high)}")
        return " and ".join(ends)


def _below(span: Range) -> str:
    return "<" if span.high_open else "≤"


def _end(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else str(value)


ANY = Range()
