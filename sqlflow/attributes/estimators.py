"""scikit-learn's estimators, from a table that ``tools/codegen.py`` makes of the installed version.

The table is read when a program first names an estimator, so that others don't pay for it. It also
lists the estimators that can't be trained by a statement, each with the reason.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from sqlflow.attributes import training
from sqlflow.attributes.kinds import (
    Boolean,
    Choice,
    Either,
    Kind,
    ListOf,
    Null,
    Number,
    Real,
    Text,
    Whole,
)
from sqlflow.attributes.ranges import Range
from sqlflow.attributes.specs import Attribute, Family, ModelSpec, Task, by_name

if TYPE_CHECKING:
    from collections.abc import Mapping


def lookup(name: str) -> ModelSpec | None:
    """Find an estimator by its full name or its last part."""
    entry = _table()["estimators"].get(_short(name))
    if entry is None or name not in {entry["name"], _short(name)}:
        return None
    return _spec(entry["name"])


def refusal(name: str) -> str:
    """Return why an estimator of scikit-learn can't be trained by a statement; empty if it can."""
    refused: Mapping[str, str] = _table()["refused"]
    return next((why for full, why in refused.items() if name in {full, _short(full)}), "")


def names() -> tuple[str, ...]:
    """Return the full names of the estimators that can be trained."""
    return tuple(entry["name"] for entry in _table()["estimators"].values())


def refusals() -> dict[str, list[str]]:
    """Return the reasons for which estimators can't be trained, each with their full names."""
    reasons: dict[str, list[str]] = {}
    for name, why in _table()["refused"].items():
        reasons.setdefault(why, []).append(name)
    return reasons


def version() -> str:
    """Return the version of scikit-learn that the table was made from."""
    return str(_table()["version"])


@functools.cache
def _table() -> dict[str, Any]:
    from importlib import resources  # takes as long to import as the rest of this package

    text = resources.files(__package__).joinpath("sklearn.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@functools.cache
def _spec(name: str) -> ModelSpec:
    entry = _table()["estimators"][_short(name)]
    task = Task(entry["task"])
    own = (
        Attribute(name=f"model.{parameter}", kind=_kind(kinds), default=default)
        for parameter, (kinds, default) in entry["parameters"].items()
    )
    return ModelSpec(
        name=name,
        family=Family.SKLEARN,
        task=task,
        attributes=by_name((*own, *training.validation(task))),
        doc=f"scikit-learn's {_short(name)}",
    )


def _kind(parts: list[Any]) -> Kind:
    kinds = tuple(map(_one, parts))
    return kinds[0] if len(kinds) == 1 else Either(kinds)


def _one(part: list[Any]) -> Kind:
    """Build a kind from its line in the table, such as ``["whole", 1, null, false, false]``."""
    match part:
        case ["whole", *ends]:
            return Whole(_range(ends))
        case ["real", *ends]:
            return Real(_range(ends))
        case ["fraction", *ends]:
            return Real(_range(ends), fraction=True)
        case ["choice", *options]:
            return Choice(tuple(options))
        case ["list"]:
            return ListOf(Number())
        case _:
            return {"boolean": Boolean(), "null": Null(), "text": Text()}[part[0]]


def _range(ends: list[Any]) -> Range:
    low, high, low_open, high_open = ends
    return Range(low=low, high=high, low_open=low_open, high_open=high_open)


def _short(name: str) -> str:
    return name.rpartition(".")[2]
