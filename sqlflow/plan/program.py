"""The Program: the intermediate form of a SQL program, which every step reads.

It is made by :mod:`sqlflow.plan`, travels as JSON (in a ConfigMap or a job's directory), and is
all that a runner and a step need to know: what each statement is, what it waits for, what has to
be replayed before it. Standard library only, since every step imports it.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.sql import clauses

VERSION = 1
"""Of the JSON form; a reader refuses any other."""

_SUMMARY = 100


class Kind(enum.StrEnum):
    """What a statement is, and so what executes it."""

    STANDARD = "standard"
    TRAIN = "train"
    PREDICT = "predict"
    EVALUATE = "evaluate"
    EXPLAIN = "explain"
    RUN = "run"
    OPTIMIZE = "optimize"
    SHOW_TRAIN = "show-train"
    SHOW_MODELS = "show-models"
    DROP_MODEL = "drop-model"


class Execution(enum.StrEnum):
    """Whether independent statements may run at the same time."""

    PARALLEL = "Parallel"
    SEQUENTIAL = "Sequential"


@dataclass(frozen=True, slots=True)
class Edge:
    """A statement to wait for, and why.

    Attributes:
        id: of the earlier statement.
        reason: such as ``reads table iris.train``, shown by EXPLAIN PROGRAM.
    """

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement.

    Attributes:
        id: stable name: number and verb, ``s01-select``, ``s02-train``; a DNS label.
        index: its number in the program, from 1.
        kind: what executes it.
        text: as written, without the ending ``;``.
        line: in the program, of its first character, from 1.
        column: in that line, in characters, from 1.
        select: the query of an extended statement; empty otherwise.
        clause: the extended part, its attributes checked and typed; None for standard SQL.
        session: texts of earlier statements that set up the session; its step replays them.
        reads: names of tables and models it reads, ``table iris.train`` or ``model m``.
        writes: likewise.
        barrier: whether it was not understood well enough to know what it touches.
        after: the statements it waits for, in order.
        settings: ``SET step.…`` in force, without the ``step.`` (``{"memory": "4Gi"}``).
    """

    id: str
    index: int
    kind: Kind
    text: str
    line: int = 1
    column: int = 1
    select: str = ""
    clause: clauses.Clause | None = None
    session: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    barrier: bool = False
    after: tuple[Edge, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The beginning of the statement, on one line, for people."""
        words = " ".join(self.text.split())
        return words if len(words) <= _SUMMARY else words[: _SUMMARY - 2] + " …"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Something worth saying that stops nothing."""

    statement: int
    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A planned program. Statement ``index`` i is ``statements[i - 1]``."""

    dialect: str
    statements: tuple[Statement, ...]
    warnings: tuple[Warn, ...] = ()
    execution: Execution = Execution.PARALLEL

    def to_json(self) -> str:
        """Return the form that :meth:`from_json` reads."""
        value = {"version": VERSION, **_plain(self)}
        return json.dumps(value, ensure_ascii=False, default=_plain)

    @classmethod
    def from_json(cls, text: str) -> Program:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: another version, or not a program.
        """
        value = json.loads(text)
        version = value.pop("version", None) if isinstance(value, dict) else None
        if version != VERSION:
            msg = f"expected a program of version {VERSION}, found {version!r}"
            raise ValueError(msg)
        return cls(
            dialect=value["dialect"],
            statements=tuple(map(_statement, value["statements"])),
            warnings=tuple(Warn(**w) for w in value["warnings"]),
            execution=Execution(value["execution"]),
        )


def _plain(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass; faster by far than dataclasses.asdict, which copies."""
    plain = {name: getattr(value, name) for name in value.__slots__}
    if isinstance(value, Statement) and value.clause is not None:
        plain["clause"] = {"type": type(value.clause).__name__, **_plain(value.clause)}
    return plain


def _statement(value: dict[str, Any]) -> Statement:
    value["kind"] = Kind(value["kind"])
    if value["clause"]:
        # Loaded for extended statements only: it takes a step on standard SQL 10 ms.
        from sqlflow.sql import clauses

        value["clause"] = clauses.from_plain(value["clause"])
    value["after"] = tuple(Edge(**e) for e in value["after"])
    for name in ("session", "reads", "writes"):
        value[name] = tuple(value[name])
    return Statement(**value)
