"""A laboratory: runs statements against one data source, and keeps what they report."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlflow import attributes, ml
from sqlflow.databases import DSN, connect
from sqlflow.plan.program import Kind, Statement
from sqlflow.sql import clauses
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlflow.databases import Connection

COLUMNS = (
    Column("n", Type.INT64),
    Column("k", Type.INT64),
    Column("x", Type.DOUBLE),
    Column("size", Type.TEXT),
    Column("high", Type.BOOL),
    Column("hue", Type.TEXT),
)

_KINDS = {
    clauses.Train: Kind.TRAIN,
    clauses.Predict: Kind.PREDICT,
    clauses.Evaluate: Kind.EVALUATE,
    clauses.Explain: Kind.EXPLAIN,
    clauses.ShowTrain: Kind.SHOW_TRAIN,
}


@dataclass
class Recorder:
    """A reporter that keeps everything."""

    lines: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    figures: list[tuple[bytes, str]] = field(default_factory=list)
    tables: list[tuple[Sequence[Column], list[Any]]] = field(default_factory=list)

    def message(self, text: str) -> None:
        self.lines.append(text)

    def progress(
        self, text: str, *, unit: str, done: int, total: int, metrics: Mapping[str, float]
    ) -> None:
        self.lines.append(text)
        self.events.append({"unit": unit, "done": done, "total": total, "metrics": dict(metrics)})

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def figure(self, png: bytes, alt: str) -> None:
        self.figures.append((png, alt))

    def rows(self, columns: Sequence[Column], batches: Iterable[Sequence[Sequence[Any]]]) -> None:
        self.tables.append((columns, [tuple(row) for batch in batches for row in batch]))


class Counting:
    """A connection that notes the statements which it runs."""

    def __init__(self, connection: Connection, log: list[str]) -> None:
        self._connection = connection
        self._log = log

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        self._log.append(sql)
        return self._connection.execute(sql, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Lab:
    """Runs statements against one data source."""

    def __init__(self, dsn: str) -> None:
        self.url = dsn
        self.dsn = DSN.parse(dsn)
        self.report = Recorder()
        self.log: list[str] = []
        self.open = 0

    @contextlib.contextmanager
    def connect(self) -> Iterator[Any]:
        with connect(self.dsn) as connection:
            self.open += 1
            try:
                yield Counting(connection, self.log)
            finally:
                self.open -= 1

    def sql(self, text: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with connect(self.dsn) as connection:
            result = connection.execute(text, parameters)
            return result.rows() if result.columns else []

    def run(self, select: str, clause: Any) -> Recorder:
        """Execute one statement; its attributes are checked as the plan does."""
        if hasattr(clause, "attributes"):
            checked = attributes.check(clause)
            assert not checked.faults
            clause = type(clause)(
                **{name: getattr(clause, name) for name in clause.__dataclass_fields__}
                | {"attributes": checked.attributes}
            )
        return self._execute(select, clause)

    def execute_unchecked(self, select: str, **fields: Any) -> Recorder:
        """Execute a TRAIN that no plan has looked at."""
        return self._execute(select, clauses.Train(**fields))

    def _execute(self, select: str, clause: Any) -> Recorder:
        self.report = Recorder()
        kind = _KINDS[type(clause)]
        statement = Statement(
            id=f"s01-{kind}",
            index=1,
            kind=kind,
            text=f"{select} TO …",
            select=select,
            clause=clause,
        )
        ml.execute(statement, ml.Context(connect=self.connect, report=self.report))
        return self.report

    def train(self, select: str, model_class: str = "xgboost.gbtree", **fields: Any) -> Recorder:
        return self.run(
            select, clauses.Train(**{"into": "m", "model_class": model_class, **fields})
        )

    def predict(self, select: str, table: str = "p", column: str = "said", **fields: Any) -> Any:
        return self.run(
            select, clauses.Predict(**{"table": table, "column": column, "model": "m", **fields})
        )

    def example(self) -> None:
        """Make a small table ``t``: features, and labels of several kinds."""
        rows = [
            (
                i,
                i % 7,
                i / 10,
                "low" if i < 20 else "mid" if i < 40 else "top",
                i >= 30,
                ("red", "green", "blue")[i % 3],
            )
            for i in range(60)
        ]
        with connect(self.dsn) as connection:
            connection.create_table("t", COLUMNS)
            connection.insert("t", COLUMNS, [rows])
