"""The jobs that the tests of the suite look at.

All are started together: where a job is a chain of pods it takes seconds, most of which it waits.
Each test names the jobs that it looks at. Those that are read by many are changed by none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import seconds

if TYPE_CHECKING:
    from tests.conformance.service.services import Gate, Service

TYPED = """
CREATE OR REPLACE TABLE typed (a BIGINT, b DOUBLE, c VARCHAR(20), d DATE, e DECIMAL(10, 2));
INSERT INTO typed VALUES (1, 0.5, 'é漢😀', '2024-02-29', 1.10), (2, NULL, NULL, NULL, NULL);
SELECT a, b, c, d, e FROM typed ORDER BY a
"""

WIDE = """
WITH RECURSIVE numbers(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM numbers WHERE a < 900)
SELECT a, repeat('x', 250) AS b FROM numbers ORDER BY a
"""

FAILS = "SELECT 1 AS a; SELECT * FROM nowhere; SELECT 3 AS c"


@dataclass(frozen=True, slots=True)
class Held:
    """A job that waits at a gate of its own."""

    job: str
    gate: Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """The jobs.

    Attributes:
        typed: gives rows of several types, in its third statement.
        wide: gives 900 rows, 250 KB.
        failed: fails in its second statement of three.
        waiting: waits in its second statement of three, all the time.
        opened: waits in its only statement, for one test to let it go on.
        cancelled: waits in its second statement of three, for one test to cancel it.
        killed: waits, for one test to cancel it at once.
        late: waits, and has a deadline.
        unread: waits, has a lease, and nobody reads it.
        detached: waits, has no lease, and nobody reads it.
    """

    typed: str
    wide: str
    failed: str
    waiting: Held
    opened: Held
    cancelled: Held
    killed: Held
    late: str
    unread: str
    detached: str


@pytest.fixture(scope="module")
def jobs(service: Service) -> Jobs:
    """The jobs, just started."""

    def held(program: str = "{}", **fields: object) -> Held:
        gate = service.gate()
        program = program.format(gate.select())
        return Held(service.run(program, execution=pb.SEQUENTIAL, **fields), gate)

    return Jobs(
        typed=service.run(TYPED),
        failed=service.run(FAILS, execution=pb.SEQUENTIAL),
        waiting=held("SELECT 1 AS a; {}; SELECT 3 AS c"),
        wide=service.run(WIDE),
        cancelled=held("SELECT 1 AS a; {}; SELECT 3 AS c"),
        opened=held(),
        killed=held(),
        late=held(deadline=seconds(2)).job,
        unread=held(fetch_lease=seconds(2)).job,
        detached=held().job,
    )
