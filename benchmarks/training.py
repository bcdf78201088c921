"""Training from a database, against pandas and xgboost in a script of a few lines.

Both sides are processes of their own, so that their peaks of memory can be told. That a training
runs each of its queries once is a test, in ``tests/unit/ml``.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import _rounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROWS = 500_000
FEATURES = 10
TREES = 10

_TABLE = f"""
CREATE TABLE samples AS
SELECT {", ".join(f"sin(range * {n + 1}.7) AS f{n}" for n in range(FEATURES))},
       (range % 7 < 3)::INT AS label
FROM range({ROWS})
"""
_OURS = f"""
SELECT * FROM samples
TO TRAIN xgboost.gbtree
WITH objective = binary:logistic, train.num_boost_round = {TREES}
LABEL label
INTO model
"""
_THEIRS = f"""
import duckdb, sys, xgboost
frame = duckdb.connect(sys.argv[1]).execute("SELECT * FROM samples").df()
matrix = xgboost.DMatrix(frame.drop(columns="label"), label=frame["label"])
given = {{"objective": "binary:logistic"}}
xgboost.train(given, matrix, {TREES}, evals=[(matrix, "train")]).save_model("model.ubj")
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, and bytes that the largest process of a tree has held."""

    seconds: float
    peak: int


def measure() -> Iterator[_rounds.Finding]:
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        database, dsn = f"{name}/samples.duckdb", f"duckdb:///{name}/samples.duckdb"
        _prepare(database, dsn)
        ours: list[Cost] = []
        theirs: list[Cost] = []
        step = [sys.executable, "-m", "sqlflow.step", "program.json", "1"]
        script = [sys.executable, "-c", _THEIRS, database]
        for _ in range(_rounds.ROUNDS):
            ours.append(_cost(step, {"SQLFLOW_DATA_SOURCE_FILE": "dsn"}))
            theirs.append(_cost(script, {}))
        os.chdir("/")
    memory = _rounds.ratio([c.peak for c in ours], [c.peak for c in theirs])
    mib = statistics.median(cost.peak for cost in ours) / 2**20
    yield _rounds.Finding(
        what=f"peak memory of a training on {ROWS:,} rows, {mib:.0f} MiB: to pandas and DMatrix",
        found=str(memory),
        target="<= 0.6x",
        met=memory.median <= 0.6,
    )
    wall = _rounds.ratio([c.seconds for c in ours], [c.seconds for c in theirs])
    yield _rounds.Finding(
        what="time of the same training, checks, metrics and saving included",
        found=str(wall),
        target="<= 1.5x",
        met=wall.median <= 1.5,
    )


def _prepare(database: str, dsn: str) -> None:
    """Make table, program and DSN in a child: children inherit the peak of this process."""
    code = f"""
import duckdb, pathlib
from sqlflow import plan
duckdb.connect({database!r}).execute({_TABLE!r})
program = plan.plan_program({_OURS!r}, dialect="duckdb")
pathlib.Path("program.json").write_text(program.to_json())
pathlib.Path("dsn").write_text({dsn!r})
"""
    _cost([sys.executable, "-c", code], {})


def _cost(command: list[str], environment: Mapping[str, str]) -> Cost:
    output = [(os.POSIX_SPAWN_OPEN, 1, "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
    start = time.perf_counter()
    process = os.posix_spawn(
        command[0], command, {**os.environ, **environment}, file_actions=output
    )
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"a measured process failed: {Path('output').read_text()[-500:]}")
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert usage.ru_maxrss > floor, "the peak is this process's own"
    return Cost(seconds, usage.ru_maxrss * 1024)


if __name__ == "__main__":
    _rounds.report(measure)
