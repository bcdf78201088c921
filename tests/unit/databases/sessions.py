"""Databases in files, for tests of the embedded engines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlflow.databases import DSN, Connection, connect


def opened(path: Path, **options: str) -> Connection:
    """Open a file with the engine that its ending names."""
    dialect = path.suffix.removeprefix(".")
    return connect(DSN(dialect=dialect, path=path, options=options))


def python(script: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start a Python process that answers on its standard output."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**_environment(), **environment},
    )


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
