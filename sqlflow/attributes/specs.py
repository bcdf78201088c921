"""What a model or a verb accepts, as data: attributes by name, and rules between them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.sql.clauses import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlflow.attributes.kinds import Kind


class Family(enum.StrEnum):
    """What trains a model."""

    XGBOOST = "xgboost"
    NEURAL = "neural"
    LINEAR = "linear"
    SKLEARN = "sklearn"


class Task(enum.StrEnum):
    """What a model is for; an XGBoost model's follows from its objective."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    CLUSTERING = "clustering"
    OUTLIERS = "outliers"
    OBJECTIVE = "objective"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute.

    Attributes:
        name: as written in WITH.
        kind: of its value.
        default: what holds when it is not given; None where the model decides for itself.
        doc: one line for people; empty for scikit-learn's own, which its documents describe.
    """

    name: str
    kind: Kind
    default: Value = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an attribute.

    Attributes:
        attribute: its name; empty if the model class itself is meant.
        message: what was found and what was expected.
        hint: a way out, or empty.
    """

    attribute: str
    message: str
    hint: str = ""


Rule = Callable[[Mapping[str, Value]], Fault | None]
"""Looks at attributes that are right one by one, and finds what is wrong between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model class.

    Attributes:
        name: the canonical name.
        attributes: by name, in the order of the documents.
        rules: between attributes.
        doc: one line for people.
    """

    name: str
    family: Family
    task: Task
    attributes: Mapping[str, Attribute]
    rules: tuple[Rule, ...] = ()
    doc: str = ""


def by_name(attributes: Iterable[Attribute]) -> Mapping[str, Attribute]:
    """Return the attributes under their names."""
    return {attribute.name: attribute for attribute in attributes}
