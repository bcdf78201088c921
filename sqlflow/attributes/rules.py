"""Makes rules that many attributes share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.attributes.specs import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.sql.clauses import Value


def only_with(attribute: str, other: str, values: tuple[Value, ...], default: Value) -> Rule:
    """Make a rule: the attribute has an effect only where another one has one of some values.

    Args:
        attribute: that depends on the other one.
        other: the attribute that decides.
        values: with which the first one has an effect.
        default: what the other one is when not given; None where only the step can tell.
    """

    def rule(given: Mapping[str, Value]) -> Fault | None:
        decides = given.get(other, default)
        if attribute not in given or decides is None or decides in values:
            return None
        allowed = " or ".join(f"{other} = {value}" for value in values)
        return Fault(attribute, f"'{attribute}' has an effect only with {allowed}, found {decides}")

    return rule


def only_if_given(attribute: str, other: str) -> Rule:
    """Make a rule: the attribute has an effect only where another one is given."""

    def rule(given: Mapping[str, Value]) -> Fault | None:
        if attribute not in given or other in given:
            return None
        return Fault(attribute, f"'{attribute}' has an effect only together with '{other}'")

    return rule
