"""The suite of the service, on the local runner: jobs are processes of this machine, on DuckDB."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.conformance.server_processes import Gate, running
from tests.conformance.service import *  # noqa: F403 - the tests
from tests.conformance.service.services import Service

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Two servers on one state directory; a DuckDB file for each job."""
    folder, number = tmp_path_factory.mktemp("service"), itertools.count()
    with running(folder / "state") as server, running(folder / "state") as second:
        yield Service(
            server=server,
            second=second,
            dialect="duckdb",
            database=lambda: f"duckdb:///{folder}/{next(number)}.duckdb",
            gate=lambda: Gate(folder / f"gate-{next(number)}"),
            link=lambda job: f"sqlflow://{server.address}/jobs/{job.id}",
        )
