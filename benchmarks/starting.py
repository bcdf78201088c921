"""The start of a step, to its first row, against a bare interpreter that asks the same driver.

DuckDB and SQLite need nothing. Others are measured when ``SQLFLOW_BENCH_DATA_SOURCES`` names their
DSNs, separated by blanks.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import _rounds
from sqlflow import plan
from sqlflow.databases import DSN

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "SQLFLOW_BENCH_DATA_SOURCES"
ROUNDS = 9
MOST_CPU = 0.060
_ROW = re.compile(rb"\[\[1\]\]|\[\(1,\)\]")

_DRIVERS = {"duckdb": "duckdb", "sqlite": "sqlite3", "mysql": "pymysql", "postgres": "psycopg"}
_BARE = """
import os, {driver}
cursor = {driver}.connect(**eval(os.environ["BENCH_CONNECT"])).cursor()
cursor.execute("SELECT 1")
print(list(cursor.fetchall()), flush=True)
"""


def measure() -> Iterator[_rounds.Finding]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _compare(folder, f"duckdb:///{folder}/bench.duckdb")
        for dsn in (f"sqlite:///{folder}/bench.db", *os.environ.get(VARIABLE, "").split()):
            yield from _compare(folder, dsn)


def _compare(folder: Path, text: str) -> Iterator[_rounds.Finding]:
    dsn = DSN.parse(text)
    (folder / "dsn").write_text(text)
    program = plan.plan_program("SELECT 1", dialect=dsn.dialect)
    (folder / "program.json").write_text(program.to_json())
    step = [sys.executable, "-m", "sqlflow.step", str(folder / "program.json"), "1"]
    os.environ["SQLFLOW_DATA_SOURCE_FILE"] = str(folder / "dsn")
    os.environ["BENCH_CONNECT"] = _login(dsn)
    bare = [sys.executable, "-c", _BARE.format(driver=_DRIVERS[dsn.dialect])]
    if dsn.dialect == "duckdb":
        ours, theirs = _rounds.in_turns(
            lambda: _first_row(step), lambda: _first_row(bare), rounds=ROUNDS
        )
        ratio = _rounds.ratio(ours, theirs)
        yield _rounds.Finding(
            what="start to first row, duckdb: step to bare python -c",
            found=str(ratio),
            target="<= 1.5x",
            met=ratio.median <= 1.5,
        )
    ours, theirs = _rounds.in_turns(lambda: _cpu(step), lambda: _cpu(bare), rounds=ROUNDS)
    more = statistics.median(ours) - statistics.median(theirs)
    yield _rounds.Finding(
        what=f"CPU of a whole step, {dsn.dialect}: beyond bare python -c",
        found=f"{more * 1000:+.0f} ms",
        target=f"<= +{MOST_CPU * 1000:.0f} ms" if dsn.dialect != "duckdb" else "no target",
        met=more <= MOST_CPU or dsn.dialect == "duckdb",
    )


def _login(dsn: DSN) -> str:
    """Return what the driver's own ``connect`` is called with."""
    if dsn.path is not None:
        return repr({"database": str(dsn.path)})
    database = "database" if dsn.dialect == "mysql" else "dbname"
    fields = {"host": dsn.host, "port": dsn.port, "user": dsn.user, "password": dsn.password}
    return repr(fields | {database: dsn.database})


def _first_row(command: list[str]) -> float:
    """Return the seconds until a process shows a row."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if not any(_ROW.search(line) for line in process.stdout):
            raise SystemExit(f"no row came from {command}")
        seconds = time.perf_counter() - start
        process.stdout.read()
    return seconds


def _cpu(command: list[str]) -> float:
    """Return the seconds of processor time that a process takes, with its children."""
    null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=null)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    _rounds.report(measure)
