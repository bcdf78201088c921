"""Planning a program, against sqlglot parsing its standard parts alone.

A third of the statements is extended. Both sides see the same standard SQL; ours cuts the program,
parses the clauses, checks attributes, finds lineage and edges, and writes the planned form.
"""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING

import sqlglot

from benchmarks import _rounds
from sqlflow.plan import Limits, plan_program

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (100, 1_000, 10_000)
LIMITS = Limits(program_bytes=1 << 30, statements=1 << 30, ir_bytes=1 << 30)

_TRAIN = (
    "TO TRAIN xgboost.gbtree WITH objective = 'multi:softmax', num_class = 3, eta = 0.3,"
    " train.num_boost_round = 30 COLUMN sepal_length, sepal_width, petal_length, petal_width"
    " LABEL class INTO model_{n}"
)


def standard(n: int) -> str:
    """Return the n-th statement's standard part: what people write, neither short nor long."""
    if n % 3 == 0:
        return (
            "SELECT sepal_length, sepal_width, petal_length, petal_width, class"
            f" FROM iris_{n} WHERE petal_width > 0.1 AND split = 'train'"
        )
    if n % 3 == 1:
        return (
            f"CREATE TABLE daily_{n} AS SELECT a.id, b.name, SUM(a.amount) AS total FROM orders a"
            f" JOIN customers_{n} AS b ON a.customer = b.id WHERE a.day >= '2020-01-01'"
            " GROUP BY a.id, b.name"
        )
    return (
        f"SELECT id, name, total FROM daily_{n - 1} WHERE total > 100 ORDER BY total DESC LIMIT 10"
    )


def extended(n: int) -> str:
    """Return the n-th statement."""
    return f"{standard(n)} {_TRAIN.format(n=n)}" if n % 3 == 0 else standard(n)


def measure() -> Iterator[_rounds.Finding]:
    """Yield the ratio for each size, and how the time grows."""
    medians = []
    for size in SIZES:
        program = ";\n".join(map(extended, range(size)))
        alone = ";\n".join(map(standard, range(size)))
        ours, theirs = _rounds.in_turns(
            partial(_rounds.cpu, partial(plan_program, program, dialect="duckdb", limits=LIMITS)),
            partial(_rounds.cpu, partial(sqlglot.parse, alone, read="duckdb")),
            rounds=_rounds.ROUNDS if size < SIZES[-1] else 3,
        )
        medians.append(statistics.median(ours))
        ratio = _rounds.ratio(ours, theirs)
        yield _rounds.Finding(
            what=f"planning {size:,} statements to sqlglot on the standard parts alone",
            found=str(ratio),
            target="<= 2x",
            met=ratio.median <= 2,
        )
    exponent = _rounds.exponent(SIZES, medians)
    yield _rounds.Finding(
        what="planning 100 to 10,000 statements: growth of the time",
        found=f"exponent {exponent:.2f}",
        target="<= 1.10",
        met=exponent <= 1.1,
    )


if __name__ == "__main__":
    _rounds.report(measure)
