"""What a step asks of the cluster, as Kubernetes has it.

It is asked for twice: for all steps of a job in ``spec.stepDefaults``, and in the program by ``SET
step.memory = '4Gi'`` for the statements after it, which goes first. Request and limit are the same,
so a step gets what it asked for, no less when the node is full and no more when it is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlflow.errors import Problem, ProgramError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.plan.program import Statement

_QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?)([munkMGTPE]|[KMGTPE]i)?")
_SUFFIXES: Final = {
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("num", start=-3)},
    "": Decimal(1),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """A resource: its name for Kubernetes, and what may be asked for."""

    kubernetes: str
    least: str
    most: str
    expected: str


_RESOURCES: Final = {
    "cpu": _Resource(
        kubernetes="cpu", least="10m", most="1024", expected="a number of cores from 10m to 1024"
    ),
    "memory": _Resource(
        kubernetes="memory", least="32Mi", most="64Ti", expected="a size from 32Mi to 64Ti"
    ),
    "disk": _Resource(
        kubernetes="ephemeral-storage",
        least="16Mi",
        most="1Pi",
        expected="a size from 16Mi to 1Pi",
    ),
    "gpu": _Resource(
        kubernetes="nvidia.com/gpu",
        least="0",
        most="99",
        expected="a whole number of devices up to 99",
    ),
}
_RETRIES: Final = re.compile(r"\d{1,2}")


def kubernetes_resources(
    statement: Statement, defaults: Mapping[str, object]
) -> dict[str, dict[str, str]]:
    """Return ``requests`` and ``limits`` of a statement's container; empty if it asks for none.

    Args:
        statement: its settings go before the defaults.
        defaults: ``cpu``, ``memory``, ``disk`` and ``gpu`` of the job.

    Raises:
        ProgramError: one is no quantity, or one that no step can run with.
    """
    asked = {}
    for name, resource in _RESOURCES.items():
        value = _asked(statement, defaults, name)
        if value is None:
            continue
        if not _fits(value, resource, whole=name == "gpu"):
            raise _refused(statement, name, expected=resource.expected, value=value)
        if name != "gpu" or int(value):
            asked[resource.kubernetes] = value
    return {"requests": asked, "limits": dict(asked)} if asked else {}


def retries(statement: Statement, default: int) -> int:
    """Return how often a step is tried again after it failed."""
    value = statement.settings.get("retries", str(default))
    if not _RETRIES.fullmatch(value):
        raise _refused(statement, "retries", expected="a number up to 99", value=value)
    return int(value)


def _asked(statement: Statement, defaults: Mapping[str, object], name: str) -> str | None:
    value = statement.settings.get(name, defaults.get(name))
    return None if value is None else str(value)


def _fits(value: str, resource: _Resource, *, whole: bool) -> bool:
    number = _number(value)
    if number is None or (whole and not value.isdecimal()):
        return False
    return _number(resource.least) <= number <= _number(resource.most)  # type: ignore[operator] # ours


def _number(value: str) -> Decimal | None:
    found = _QUANTITY.fullmatch(value)
    return Decimal(found[1]) * _SUFFIXES[found[2] or ""] if found else None


def _refused(statement: Statement, name: str, *, expected: str, value: str) -> ProgramError:
    if name in statement.settings:
        message = f"expected {expected} for step.{name}, found {value!r}"
        problem = Problem(message=message, statement=statement.index, line=statement.line)
    else:
        where = "stepDefaults" if name == "retries" else "stepDefaults.resources"
        problem = Problem(message=f"expected {expected} for {where}.{name}, found {value!r}")
    return ProgramError(problem)
