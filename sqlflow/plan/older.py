"""What may be connected behind the program's back, by views and triggers that are older than it.

A name that the program did not itself create as a table may be a view over anything that was there
before the program. So there are three ways to touch older things. READ: through such a name.
PUBLISH: put a table under a name that older views may refer to; such writes do not see each other.
CHANGE: write through such a name, or call a function that is not built in; this may read and write
anything. READ goes with READ and PUBLISH with PUBLISH; all else has to be in order.

Accesses that go together form a run, and each waits for the whole run before its own.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_RUN = 50
"""A longer run is waited for once, by the next one only: edges stay few, and none is missed."""


class Way(enum.Enum):
    """How older things are touched."""

    READ = enum.auto()
    PUBLISH = enum.auto()
    CHANGE = enum.auto()


@dataclass(frozen=True, slots=True)
class Touch:
    """One statement's access to older things.

    Attributes:
        index: of the statement.
        way: how.
        reads: a name that it reads, for the reason; empty if it reads none.
        writes: likewise.
        calls: likewise, a function.
    """

    index: int
    way: Way
    reads: str = ""
    writes: str = ""
    calls: str = ""


class OlderThings:
    """Orders the accesses of a program."""

    def __init__(self) -> None:
        self._before: list[Touch] = []
        self._now: list[Touch] = []

    def touch(self, touch: Touch) -> Iterator[tuple[int, str]]:
        """Add an access; yield the statements that it waits for, with the reason."""
        together = (
            touch.way is not Way.CHANGE
            and all(other.way is touch.way for other in self._now[:1])
            and len(self._before) <= _MAX_RUN
        )
        if not together:
            self._before, self._now = self._now, []
        self._now.append(touch)
        for earlier in self._before:
            yield earlier.index, _reason(touch, earlier)


def _reason(later: Touch, earlier: Touch) -> str:
    if later.calls:
        return f"calls {later.calls}, which may touch anything"
    if earlier.calls:
        verb, name = ("writes", later.writes) if later.writes else ("reads", later.reads)
        return f"{verb} {name}, which {earlier.calls} may touch"
    if later.reads and earlier.writes:
        return f"reads {later.reads}, which may be a view of {earlier.writes}"
    if later.writes and earlier.reads:
        return f"writes {later.writes}, of which {earlier.reads} may be a view"
    return "waits for a long run of statements like it"
