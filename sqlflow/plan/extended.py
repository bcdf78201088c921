"""The lineage of extended statements: that of their query, and the names in their clause."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from sqlflow.plan import names, standard
from sqlflow.plan.lineage import Effect, Lineage
from sqlflow.sql import clauses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.plan.names import Name
    from sqlflow.sql.clauses import Clause


def analyse(select: str, clause: Clause, dialect: str) -> Lineage:
    """Return what an extended statement reads and writes."""
    lineage = standard.analyse(select, dialect) if select else Lineage()
    for query in _queries(clause):
        lineage = _merge(lineage, standard.analyse(query, dialect))
    return dataclasses.replace(
        lineage,
        reads=(*lineage.reads, *_models_read(clause)),
        writes=(*lineage.writes, *_writes(clause)),
        barrier=lineage.barrier or _barrier(clause),
    )


def _queries(clause: Clause) -> Iterator[str]:
    """The queries that stand in attributes, such as ``validation.select``."""
    for name, value in getattr(clause, "attributes", {}).items():
        if name.endswith(".select") and isinstance(value, str) and value.strip():
            yield value


def _merge(one: Lineage, other: Lineage) -> Lineage:
    return Lineage(
        reads=tuple(dict.fromkeys((*one.reads, *other.reads))),
        writes=one.writes + other.writes,
        calls=one.calls + other.calls,
        related=one.related + other.related,
        barrier=one.barrier or other.barrier,
        defines=one.defines or other.defines,
        warning=one.warning or other.warning,
    )


def _models_read(clause: Clause) -> Iterator[Name]:
    match clause:
        case clauses.Train(warm_start=text) if text:
            yield names.model(text)
        case clauses.Predict() | clauses.Evaluate() | clauses.Explain() | clauses.ShowTrain():
            yield names.model(clause.model)


def _writes(clause: Clause) -> Iterator[tuple[Name, Effect]]:
    match clause:
        case clauses.Train():
            yield names.model(clause.into), Effect.REPLACE
        case clauses.DropModel():
            yield names.model(clause.model), Effect.DROP
        case clauses.Predict():
            yield names.table(*clause.table.split(".")), Effect.REPLACE
        case clauses.Evaluate() | clauses.Explain() | clauses.Optimize():
            if clause.into:
                yield names.table(*clause.into.split(".")), Effect.REPLACE
        case clauses.Run():
            for table in clause.into:
                yield names.table(*table.split(".")), Effect.REPLACE
        case _:
            pass


def _barrier(clause: Clause) -> str:
    match clause:
        case clauses.Run():
            return "a program may touch anything"
        case clauses.ShowModels():
            return "it reads all models"
        case _:
            return ""
