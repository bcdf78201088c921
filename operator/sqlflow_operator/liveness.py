"""Whether the operator does its work, which a process that answers a probe need not do.

Two things go wrong without an error. A watch may be dead though its connection stands: then the API
server lists objects in versions that no event has told of. And a worker may hang: then it has held
its key for much longer than the deadlines of its requests allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

Watch = tuple[str, str]
"""The kind of objects, and the namespace; empty for all."""

WATCH_GRACE: Final = 120.0
"""Seconds that an event may come after the list that has its object: a watch that lost its
connection notices it after 70 s."""
LONGEST_LOOK: Final = 300.0
"""Seconds that a look may take: some ten requests of 30 s each."""


@dataclass(slots=True)
class Watches:
    """Compares what events told with what lists show.

    Attributes:
        heard_of: the newest version that an event told of. Versions are numbers that grow.
        missing: the version that a list showed and no event told of, and since when.
    """

    heard_of: dict[Watch, int] = field(default_factory=dict)
    missing: dict[Watch, tuple[int, float]] = field(default_factory=dict)

    def heard(self, watch: Watch, version: str) -> None:
        """Take note of an event."""
        number = int(version)
        self.heard_of[watch] = max(number, self.heard_of.get(watch, 0))
        wanted = self.missing.get(watch)
        if wanted and self.heard_of[watch] >= wanted[0]:
            del self.missing[watch]

    def listed(self, watch: Watch, newest: int, now: float) -> None:
        """Take note of the newest version of an object in a list."""
        if newest > self.heard_of.get(watch, 0) and watch not in self.missing:
            self.missing[watch] = (newest, now)

    def dead(self, now: float) -> list[str]:
        """Name the watches that are silent on what is long known."""
        return [
            f"{kind} in {namespace}" if namespace else kind
            for (kind, namespace), (_, since) in self.missing.items()
            if now - since > WATCH_GRACE
        ]


def problems(*, watches: Watches, held: float, now: float) -> list[str]:
    """Return what is wrong with the operator; nothing if it is well."""
    found = [f"the watch of {kind} is dead" for kind in watches.dead(now)]
    if held > LONGEST_LOOK:
        found.append(f"a worker has looked at one job for {held:.0f} s")
    return found
