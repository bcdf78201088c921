"""The session of the client of 2020, on the local runner and DuckDB."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.conformance.legacy import *  # noqa: F403 - the tests
from tests.conformance.legacy.sessions import Legacy
from tests.conformance.server_processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.legacy.sessions import Session

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legacy]:
    """A server of this machine; a DuckDB file for each session."""
    folder, number = tmp_path_factory.mktemp("legacy"), itertools.count()
    with running(folder / "state") as server:
        yield Legacy(
            address=server.address,
            database=lambda: f"duckdb:///{folder}/{next(number)}.duckdb",
            link=r"sqlflow://127\.0\.0\.1:\d+/jobs/j[0-9a-f]+",
        )


def test_a_boolean_arrives_as_one(session: Session) -> None:
    session.execute("SELECT true AS b;")

    assert session.tables == [[["b"], [["True"]]]]


def test_a_session_without_a_data_source_has_the_servers(session: Session) -> None:
    session.execute("SELECT current_database() AS name;", SQLFLOW_DATASOURCE="")

    assert session.tables == [[["name"], [["'default'"]]]]
