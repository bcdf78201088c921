"""What surrounds a statement: how it reaches the data source, and whom it tells what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlflow.databases import Connection
    from sqlflow.wire.rows import Column


class Reporter(Protocol):
    """Where a statement reports to. The step writes frames; a test keeps a list."""

    def message(self, text: str) -> None:
        """Report a milestone."""

    def progress(
        self, text: str, *, unit: str, done: int, total: int, metrics: Mapping[str, float]
    ) -> None:
        """Report that ``done`` of ``total`` units are over, ``done`` counting from 1."""

    def warning(self, text: str) -> None:
        """Report what is worth knowing and stops nothing."""

    def figure(self, png: bytes, alt: str) -> None:
        """Show a picture."""

    def rows(self, columns: Sequence[Column], batches: Iterable[Sequence[Sequence[Any]]]) -> None:
        """Give out a table."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a statement is executed in.

    Attributes:
        connect: opens the data source, with the session statements of the program replayed. A
            statement opens it as often as it needs and never holds it while a model trains.
        report: where messages, progress and tables go.
    """

    connect: Callable[[], AbstractContextManager[Connection]]
    report: Reporter
