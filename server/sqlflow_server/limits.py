"""How much one caller may ask for: how often, and how much at once.

Where callers are not told apart these limits do not hold, since one would use up everybody's.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlflow.errors import QuotaError, ThrottledError
from sqlflow.wire.statuses import Phase
from sqlflow_server.runners.protocol import JobQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlflow_server.runners.protocol import Order, Runner

_REMEMBERED: Final = 10_000
_ALL: Final = 2**31
_UNDER_WAY: Final = frozenset(phase for phase in Phase if not phase.final)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one caller may: see the settings. 0: as much as they like."""

    calls: int
    jobs: int
    runs_per_minute: int
    bad_tokens_per_minute: int


class Rate:
    """So many a minute, for each of many names: a token bucket that holds a minute's worth.

    Args:
        what: is counted, for the error's text.
        per_minute: how many; 0: any number.
        clock: for tests.
    """

    def __init__(
        self, what: str, per_minute: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._what, self._most, self._clock = what, per_minute, clock
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, name: str) -> None:
        """See whether one more is allowed.

        Raises:
            ThrottledError: it is not; says when it is.
        """
        excess = self._now(name) + 1 - self._most
        if self._most and excess > 0:
            raise ThrottledError(
                f"more than {self._most} {self._what} in a minute",
                retry_after=excess * 60 / self._most,
            )

    def count(self, name: str) -> None:
        """Count one."""
        self._spent[name] = (self._clock(), self._now(name) + 1)
        self._spent.move_to_end(name)
        while len(self._spent) > _REMEMBERED:
            self._spent.popitem(last=False)

    def _now(self, name: str) -> float:
        """Return how much of a name's share is spent by now; it comes back over a minute."""
        when, spent = self._spent.get(name, (0.0, 0.0))
        return max(0.0, spent - (self._clock() - when) * self._most / 60)


class Simultaneous:
    """How many calls each caller makes at the moment."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._active: Counter[str] = Counter()

    @contextlib.contextmanager
    def one(self, name: str) -> Iterator[None]:
        """Count one for as long as it lasts.

        Raises:
            ThrottledError: there are too many already.
        """
        if self._most and self._active[name] >= self._most:
            raise ThrottledError(f"{name} makes {self._most} calls at once, the most there may be")
        self._active[name] += 1
        try:
            yield
        finally:
            self._active[name] -= 1
            if not self._active[name]:
                del self._active[name]


async def check_jobs(runner: Runner, order: Order, most: int) -> None:
    """See whether the submitter of an order may have one more job.

    Replicas that take orders at the same moment may let one more pass each.

    Raises:
        QuotaError: it may not, and the order is not one that is being repeated.
    """
    if not most:
        return
    under_way = await runner.jobs(JobQuery(limit=_ALL, phases=_UNDER_WAY))
    mine = [job for job in under_way if job.submitter == order.submitter]
    repeated = order.idempotency_key in {job.idempotency_key for job in mine} - {""}
    if len(mine) >= most and not repeated:
        raise QuotaError(
            f"{order.submitter} has {len(mine)} jobs that are not over, of {most} at most;"
            " wait for one, or cancel it"
        )
