"""What a statement does to the world, as far as its text tells.

:mod:`sqlflow.plan.standard` finds it for standard SQL, :mod:`sqlflow.plan.extended` for the
rest, and :mod:`sqlflow.plan.conflicts` decides by it which statements have to wait.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.plan.names import Space

if TYPE_CHECKING:
    from sqlflow.plan.names import Name


class Effect(enum.Enum):
    """What a write does to a name.

    The difference is in what is known afterwards. What CREATE made is new: it would have failed
    otherwise. What REPLACE made is understood, but something older may refer to its name. Behind
    MODIFY the name is what it was before.
    """

    CREATE = enum.auto()
    REPLACE = enum.auto()
    DROP = enum.auto()
    MODIFY = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a statement reads and writes.

    Attributes:
        reads: names it reads.
        writes: names it writes, with the effect on each.
        calls: functions it calls that are not built in, and so may do anything.
        is_view: whether what it writes is a view of what it reads.
        related: names that the statement ties to what it writes: by a foreign key, as a partition.
        barrier: why it can't be known what it touches; empty if it is.
        defines: whether it makes a function or a trigger, so that a later call or write may do
            anything.
        warning: worth saying to the user.
    """

    reads: tuple[Name, ...] = ()
    writes: tuple[tuple[Name, Effect], ...] = ()
    calls: tuple[str, ...] = ()
    is_view: bool = False
    related: tuple[Name, ...] = ()
    barrier: str = ""
    defines: bool = False
    warning: str = ""

    @property
    def files(self) -> tuple[Name, ...]:
        """The files among the names."""
        touched = (*self.reads, *(name for name, _ in self.writes))
        return tuple(name for name in touched if name.space is Space.FILE)
