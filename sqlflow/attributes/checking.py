"""Checks the attributes of a clause against what its model and its verb accept."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.attributes import models, verbs
from sqlflow.attributes.kinds import plain
from sqlflow.attributes.specs import Fault
from sqlflow.sql import clauses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlflow.attributes.specs import Attribute, Rule
    from sqlflow.sql.clauses import Clause, Value


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check found.

    Attributes:
        attributes: the given ones that are right, in their types; defaults are not filled in.
        faults: what is wrong, in the order of the program.
    """

    attributes: Mapping[str, Value]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class _Accepted:
    """What a clause accepts."""

    owner: str
    attributes: Mapping[str, Attribute]
    rules: tuple[Rule, ...] = ()


def check(clause: Clause) -> Checked:
    """Check a clause's attributes, and its model class if it names one."""
    if isinstance(clause, clauses.Train) and models.lookup(clause.model_class) is None:
        return Checked({}, (models.unknown(clause.model_class),))
    accepted = _accepted(clause)
    if accepted is None:
        return Checked(dict(getattr(clause, "attributes", {})))
    return _check(accepted, getattr(clause, "attributes", {}))


def defaults(clause: Clause) -> dict[str, Value]:
    """Return the defaults of a clause's attributes, those that the model decides left out."""
    accepted = _accepted(clause)
    attributes = accepted.attributes.values() if accepted else ()
    return {a.name: a.default for a in attributes if a.default is not None}


def _accepted(clause: Clause) -> _Accepted | None:
    match clause:
        case clauses.Train():
            spec = models.lookup(clause.model_class)
            return _Accepted(spec.name, spec.attributes, spec.rules) if spec else None
        case clauses.Predict():
            return _Accepted("TO PREDICT", verbs.PREDICT)
        case clauses.Evaluate():
            return _Accepted("TO EVALUATE", verbs.EVALUATE)
        case clauses.Explain():
            return _Accepted("TO EXPLAIN", verbs.EXPLAIN)
        case _:
            return None


def _check(accepted: _Accepted, given: Mapping[str, Value]) -> Checked:
    right: dict[str, Value] = {}
    faults: list[Fault] = []
    for name, value in given.items():
        attribute = accepted.attributes.get(name)
        if attribute is None:
            faults.append(_unknown(name, accepted))
        elif not attribute.kind.accepts(value):
            faults.append(_refused(attribute, value, accepted.owner))
        else:
            right[name] = attribute.kind.convert(value)
    if not faults:  # otherwise a rule might blame one attribute for the mistake in another
        faults.extend(fault for rule in accepted.rules if (fault := rule(right)))
    return Checked(right, tuple(faults))


def _unknown(name: str, accepted: _Accepted) -> Fault:
    message = f"unknown attribute '{name}' of {accepted.owner}"
    if not accepted.attributes:
        return Fault(name, message, f"{accepted.owner} takes no attributes")
    return Fault(name, message, _meant(name, accepted.attributes))


# What other interfaces of the same libraries call an attribute.
_SYNONYMS = {
    "learning_rate": ("eta", "optimizer.learning_rate"),
    "reg_lambda": ("lambda",),
    "reg_alpha": ("alpha",),
    "min_split_loss": ("gamma",),
    "n_estimators": ("train.num_boost_round",),
    "num_round": ("train.num_boost_round",),
    "seed": ("train.seed", "model.random_state"),
    "random_state": ("train.seed",),
    "epoch": ("train.num_boost_round",),
    "epochs": ("train.epoch", "train.num_boost_round"),
    "max_iter": ("train.epoch",),
    "hidden_layer_sizes": ("model.hidden_units",),
}


def _meant(name: str, known: Iterable[str]) -> str:
    last = name.rpartition(".")[2].lower()
    same_end = [other for other in known if other.rpartition(".")[2].lower() == last]
    synonyms = [other for other in _SYNONYMS.get(last, ()) if other in set(known)]
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.75)
    best = (same_end + synonyms + near)[:1]
    return f"did you mean '{best[0]}'?" if best else ""


def _refused(attribute: Attribute, value: Value, owner: str) -> Fault:
    expected, found = attribute.kind.refuse(attribute.name, value)
    message = f"attribute '{attribute.name}' of {owner}: expected {expected}, found {plain(found)}"
    return Fault(attribute.name, message, _way_out(attribute, found))


def _way_out(attribute: Attribute, found: Value) -> str:
    if not isinstance(found, str):
        return ""
    if _unquoted(attribute, found):
        return f"write {found} without quotes"
    near = difflib.get_close_matches(found, attribute.kind.words(), n=1)
    return f"did you mean '{near[0]}'?" if near else ""


def _unquoted(attribute: Attribute, found: str) -> bool:
    for read in (int, float):
        try:
            return attribute.kind.accepts(read(found))
        except ValueError:
            continue
    return False
