"""How everything here is measured.

Clocks on a shared machine lie, so both sides run in the same process, in turns (A B A B …), and
what is reported is the ratio of their medians, with the smallest and the largest ratio of a round.
What has an n is measured at n, 2n and 4n, and its growth is the exponent of n. Counts and peaks of
memory hold on any machine; times are to be believed only on an idle one, so the load is said too.

A script has a function ``measure`` that returns findings, and hands it to :func:`report`.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROUNDS = 5
IDLE = 1.5
"""The load above which times mean little."""
_VERDICTS = {True: "met", False: "MISSED", None: "not measured"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report.

    Attributes:
        what: was measured.
        found: the number, with its unit or its spread.
        target: what it should be.
        met: whether it is; None if it was not measured.
    """

    what: str
    found: str
    target: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours to theirs: of the medians, and the smallest and largest of a round."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f}x ({self.low:.2f}-{self.high:.2f})"


def timed(run: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def cpu(run: Callable[[], object]) -> float:
    """Return the CPU seconds that a call takes in this process, whatever else is running."""
    start = time.process_time()
    run()
    return time.process_time() - start


def in_turns(*measures: Callable[[], float], rounds: int = ROUNDS) -> list[list[float]]:
    """Measure each in turn, round after round, after one round that does not count."""
    for measure in measures:
        measure()
    found: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for results, measure in zip(found, measures, strict=True):
            results.append(measure())
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Compare two sides that were measured in turns."""
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(ours) / statistics.median(theirs), min(each), max(each))


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return b of the line through the points of cost = a * size ** b, drawn in logarithms."""
    return statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    ).slope


def growth(
    sizes: Sequence[float], measure: Callable[[float], float], rounds: int = ROUNDS
) -> float:
    """Return the exponent of the median times at several sizes, measured in turns."""
    results = in_turns(*(lambda size=size: measure(size) for size in sizes), rounds=rounds)
    return exponent(sizes, [statistics.median(times) for times in results])


def report(measure: Callable[[], Iterable[Finding]]) -> None:
    """Print what a script finds: as a table, or as JSON lines after ``--json``."""
    if sys.argv[1:] == ["--json"]:
        for finding in measure():
            print(json.dumps(asdict(finding)), flush=True)
    else:
        print(load_line())
        print(table(list(measure())))


def load_line() -> str:
    load = os.getloadavg()[0]
    warning = "" if load <= IDLE else f" - above {IDLE}: times mean little"
    return f"load average {load:.2f} on {os.cpu_count()} CPUs{warning}"


def table(findings: Sequence[Finding]) -> str:
    """Lay findings out in columns."""
    rows = [("what", "found", "target", "")]
    rows += [(f.what, f.found, f.target, _VERDICTS[f.met]) for f in findings]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
