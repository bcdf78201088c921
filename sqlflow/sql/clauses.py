"""The extended clauses, as data: what stands from ``TO <VERB>`` on, or a ``SHOW TRAIN``.

These are the leaves of the IR too, so they hold nothing but values that JSON can carry, and this
module imports nothing but the standard library: every step reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = bool | int | float | str | list["Value"] | None
"""An attribute's value. An identifier (``objective = multi:softmax``) is a string here."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of a COLUMN clause.

    A plain name is ``Feature("", ("sepal_length",))``, ``*`` is ``Feature("*")``, and a call such
    as ``CATEGORY_ID(city, 100)`` is ``Feature("CATEGORY_ID", ("city", 100))``; calls nest.
    """

    function: str
    args: tuple[Argument, ...] = ()


Argument = Value | Feature | list["Argument"]
"""What stands in the brackets of a feature: a column's name, a number, a feature, a list."""


@dataclass(frozen=True, slots=True)
class ColumnGroup:
    """The features of one ``COLUMN … FOR target``; the target is empty where none is named."""

    features: tuple[Feature, ...]
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Train:
    """``TO TRAIN model_class [WITH …] [COLUMN …] [LABEL …] [USING warm_start] INTO model``."""

    model_class: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    columns: tuple[ColumnGroup, ...] = ()
    label: str = ""
    warm_start: str = ""
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict:
    """``TO PREDICT table.column [WITH …] USING model``."""

    table: str
    column: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate:
    """``TO EVALUATE model [WITH …] LABEL column INTO table``."""

    model: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    label: str
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """``TO EXPLAIN model [WITH …] [USING explainer] [INTO table]``."""

    model: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    explainer: str = ""
    into: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """``TO RUN image [CMD 'program', 'argument' …] [INTO table, …]``."""

    image: str
    command: tuple[str, ...] = ()
    into: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One constraint of an optimisation: an expression as written, and its GROUP BY."""

    expression: str
    group_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimize:
    """``TO MAXIMIZE|MINIMIZE objective [CONSTRAINT …] WITH … [USING solver] INTO table``."""

    direction: str
    objective: str
    constraints: tuple[Constraint, ...] = ()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    solver: str = ""
    into: str


@dataclass(frozen=True, slots=True)
class ShowTrain:
    """``SHOW TRAIN model``: the statement that made a model."""

    model: str


@dataclass(frozen=True, slots=True)
class ShowModels:
    """``SHOW MODELS``."""


@dataclass(frozen=True, slots=True)
class DropModel:
    """``DROP MODEL [IF EXISTS] model``."""

    model: str
    if_exists: bool = False


Clause = Train | Predict | Evaluate | Explain | Run | Optimize | ShowTrain | ShowModels | DropModel

_TYPES = {cls.__name__: cls for cls in get_args(Clause)}


def from_plain(value: dict[str, Any]) -> Clause:
    """Return the clause that :func:`dataclasses.asdict` and its ``type`` stand for."""
    cls = _TYPES[value.pop("type")]
    if "columns" in value:
        value["columns"] = tuple(map(_group, value["columns"]))
    if "constraints" in value:
        value["constraints"] = tuple(Constraint(**c) for c in value["constraints"])
    for name in ("command", "into"):
        if isinstance(value.get(name), list):
            value[name] = tuple(value[name])
    clause: Clause = cls(**value)
    return clause


def _group(value: dict[str, Any]) -> ColumnGroup:
    return ColumnGroup(tuple(map(_feature, value["features"])), value["target"])


def _feature(value: dict[str, Any]) -> Feature:
    return Feature(value["function"], tuple(map(_argument, value["args"])))


def _argument(value: Any) -> Argument:
    if isinstance(value, dict):
        return _feature(value)
    return list(map(_argument, value)) if isinstance(value, list) else value
