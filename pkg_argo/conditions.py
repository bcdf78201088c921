"""The conditions of a job's status: what holds of it, since when, as of which generation.

``lastTransitionTime`` is when the status became what it is; another reason or message leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pkg_argo.job import Condition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pkg_argo.job import ConditionType

_STATUS: Final[dict[bool | None, Literal["True", "False", "Unknown"]]] = {
    True: "True",
    False: "False",
    None: "Unknown",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of one type: whether it holds, None for nobody knows, and why."""

    type: ConditionType
    holds: bool | None
    reason: str
    message: str = ""


def updated(
    old: Iterable[Condition], claims: Iterable[Claim], *, generation: int, now: datetime
) -> tuple[Condition, ...]:
    """Return the conditions with the claims in place of those of their types."""
    found = {condition.type: condition for condition in old}
    for claim in claims:
        status = _STATUS[claim.holds]
        before = found.get(claim.type)
        since = before.last_transition_time if before and before.status == status else now
        found[claim.type] = Condition(
            type=claim.type,
            status=status,
            reason=claim.reason,
            message=claim.message,
            observed_generation=generation,
            last_transition_time=since,
        )
    return tuple(found.values())
