"""The data source of a step: which one it is, and connections to it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlflow import databases
from sqlflow.errors import DataSourceError, StatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

VARIABLE = "SQLFLOW_DATA_SOURCE_FILE"


def read(dialect: str) -> databases.DSN:
    """Read the DSN from the file that the environment names.

    Raises:
        DataSourceError: there is none, or it is not one of the dialect that was planned for.
    """
    file = os.environ.get(VARIABLE)
    if not file:
        raise DataSourceError(f"no data source: {VARIABLE} is not set")
    try:
        text = Path(file).read_text(encoding="utf-8")
    except OSError as error:
        why = error.strerror
        raise DataSourceError(f"the data source can't be read from {VARIABLE}: {why}") from error
    except UnicodeDecodeError:
        # From None: that error's own text would hold the DSN.
        raise DataSourceError(f"what {VARIABLE} names is not UTF-8") from None
    dsn = databases.DSN.parse(text, directory=Path.cwd())
    if dsn.dialect != dialect:
        raise DataSourceError(
            f"the program was planned for {dialect}, but the data source is {dsn.dialect}"
        )
    return dsn


@contextlib.contextmanager
def connection(
    dsn: databases.DSN, session: Sequence[str], on_wait: Callable[[str], None]
) -> Iterator[databases.Connection]:
    """Open a connection in which the session statements ran that stand before a statement.

    Args:
        dsn: where to.
        session: the texts of those statements.
        on_wait: told who holds what has to be waited for.
    """
    with databases.connect(dsn, on_wait=on_wait) as opened:
        for text in session:
            _repeat(opened, text)
        yield opened


def _repeat(opened: databases.Connection, text: str) -> None:
    try:
        drain(opened.execute(text).batches())
    except StatementError as error:
        raise StatementError(f"{error}\n(repeating {text!r}, which this one follows)") from error


def drain(batches: Iterable[object]) -> None:
    """Read what is left of a result, so that the engine completes its statement."""
    for _ in batches:
        pass
