"""Which statements of a job run at the same time, and which one after the other.

Statements that run at the same time can meet: each takes a lock of its own and waits until it sees
the other's. A row would not do: it is seen when its statement is over, so statements that run one
after the other could meet by rows as well. The lock is taken behind a view that was there before
the program, and two reads of such views are independent. See `sqlflow.plan.older`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cluster.support.databases import ENGINES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cluster.support.databases import Database
    from tests.cluster.support.jobs import Jobs

LONG: Final = 40
"""Seconds that a statement waits for the other where they are to meet."""
SHORT: Final = 2
"""Where they must not: long enough for times in seconds to tell them apart."""

MEET: Final = {
    "mysql": """
CREATE FUNCTION meet(mine TEXT, other TEXT, seconds INT) RETURNS INT
BEGIN
  DECLARE until DATETIME DEFAULT SYSDATE() + INTERVAL seconds SECOND;
  DECLARE taken INT DEFAULT GET_LOCK(CONCAT(DATABASE(), '.', mine), 0);
  DECLARE met INT DEFAULT 0;
  WHILE NOT met AND SYSDATE() < until DO
    SET met = IS_USED_LOCK(CONCAT(DATABASE(), '.', other)) IS NOT NULL;
    IF SLEEP(IF(met, 1, 0.05)) THEN SET met = NULL; END IF;
  END WHILE;
  RETURN met;
END
""",
    "postgres": """
CREATE FUNCTION meet(mine TEXT, other TEXT, seconds INT) RETURNS INT LANGUAGE plpgsql AS $$
DECLARE
  until TIMESTAMPTZ := clock_timestamp() + make_interval(secs => seconds);
  met INT := 0;
BEGIN
  PERFORM pg_advisory_lock(hashtext(mine));
  WHILE met = 0 AND clock_timestamp() < until LOOP
    SELECT count(*) INTO met FROM pg_locks JOIN pg_database d ON d.oid = database
      WHERE locktype = 'advisory' AND datname = current_database() AND granted
      AND pid <> pg_backend_pid();
    PERFORM pg_sleep(CASE met WHEN 0 THEN 0.05 ELSE 1 END);
  END LOOP;
  RETURN met;
END $$
""",
}
"""Returns 1 if both were there at one time. Who has met stays for a second, to be seen as well."""

TWO: Final = """
CREATE TABLE left_met AS SELECT met FROM left_door;
CREATE TABLE right_met AS SELECT met FROM right_door;
"""


@pytest.fixture
def doors(database: Database) -> Callable[[int], None]:
    """Makes two views, each of which waits for somebody to look at the other."""

    def make(seconds: int) -> None:
        database.rows(MEET[database.dialect])
        for mine, other in (("left", "right"), ("right", "left")):
            database.rows(
                f"CREATE VIEW {mine}_door AS SELECT meet('{mine}', '{other}', {seconds}) AS met"
            )

    return make


def met(database: Database) -> list[tuple[Any, ...]]:
    return database.rows("SELECT l.met, r.met FROM left_met l CROSS JOIN right_met r")


def assert_one_after_the_other(steps: list[dict[str, Any]]) -> None:
    for earlier, later in itertools.pairwise(steps):
        assert earlier["finishedAt"] <= later["startedAt"], steps


@pytest.mark.parametrize("database", ENGINES, indirect=True)
async def test_independent_branches_run_at_the_same_time(
    jobs: Jobs, name: str, database: Database, doors: Callable[[int], None]
) -> None:
    doors(LONG)

    await jobs.submit(name, TWO, database)
    await jobs.succeed(name, seconds=LONG + 60)

    assert met(database) == [(1, 1)]


@pytest.mark.parametrize(
    "spec", [{"execution": "Sequential"}, {"parallelism": 1}], ids=["sequential", "one at a time"]
)
async def test_independent_statements_do_not_run_at_the_same_time_where_the_job_asks_for_that(
    jobs: Jobs, name: str, database: Database, doors: Callable[[int], None], spec: dict[str, Any]
) -> None:
    doors(SHORT)

    await jobs.submit(name, TWO, database, **spec)
    status = await jobs.succeed(name)

    assert met(database) == [(0, 0)]
    # Which is first is Argo's to say where only their number is limited.
    assert_one_after_the_other(sorted(status["steps"], key=lambda step: str(step["startedAt"])))


async def test_a_barrier_stands_between_statements_that_are_independent_without_it(
    jobs: Jobs, name: str, database: Database, doors: Callable[[int], None]
) -> None:
    """A procedure may touch anything; this one takes down what is there when it is called."""
    doors(SHORT)
    database.rows("CREATE TABLE noted (before_it TEXT)")
    database.rows(
        "CREATE PROCEDURE note() INSERT INTO noted SELECT GROUP_CONCAT(table_name)"
        " FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND table_name LIKE '%_met'"
    )
    first, second = TWO.strip().splitlines()

    await jobs.submit(name, f"{first} CALL note(); {second}", database)
    status = await jobs.succeed(name)

    assert database.rows("SELECT before_it FROM noted") == [("left_met",)]
    assert met(database) == [(0, 0)]
    assert [it["id"] for it in status["steps"]] == ["s01-create", "s02-call", "s03-create"]
    assert_one_after_the_other(status["steps"])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_writes_to_a_table_keep_their_order_with_a_read_of_a_view_that_was_there_before(
    jobs: Jobs, name: str, database: Database
) -> None:
    """Its first statement takes its time: a read that did not wait would see no row."""
    database.rows("CREATE TABLE base (n INT)")
    database.rows("CREATE VIEW shown AS SELECT n FROM base")
    program = f"""
    INSERT INTO base SELECT 1 FROM (SELECT pg_sleep({SHORT})) AS slow;
    CREATE TABLE seen AS SELECT n FROM shown;
    INSERT INTO base VALUES (2);
    """

    await jobs.submit(name, program, database)
    status = await jobs.succeed(name)

    assert database.rows("SELECT n FROM seen") == [(1,)]
    assert database.rows("SELECT n FROM base ORDER BY n") == [(1,), (2,)]
    assert_one_after_the_other(status["steps"])
