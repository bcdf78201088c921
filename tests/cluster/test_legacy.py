"""The session of the client of 2020, on Kubernetes and MariaDB, named as it was in 2020."""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.cluster.support.processes import Processes
from tests.cluster.support.replicas import Replicas
from tests.conformance.legacy import *  # noqa: F403 - the tests
from tests.conformance.legacy.sessions import Legacy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.support.clusters import Cluster, Namespaces
    from tests.cluster.support.databases import Server


@pytest.fixture(scope="module")
def legacy(
    cluster: Cluster,
    job_type: None,
    all_namespaces: Namespaces,
    servers: dict[str, Server],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Legacy]:
    """A server and an operator for a namespace of their own; a database for each session."""
    folder, mariadb = tmp_path_factory.mktemp("legacy"), servers["mariadb"]
    namespace = all_namespaces.make()
    with contextlib.ExitStack() as stack:
        operators = Processes(cluster, namespace, folder)
        stack.callback(operators.end)
        operators.start()
        replicas = Replicas(cluster, namespace, folder)
        stack.callback(replicas.end)

        def database() -> str:
            made = stack.enter_context(mariadb.database(f"t{uuid.uuid4().hex[:8]}"))
            where = f"{mariadb.engine.service}.databases:3306"
            return f"mysql://sqlflow:{mariadb.password}@tcp({where})/{made.name}"

        yield Legacy(
            address=replicas.start().address,
            database=database,
            link=rf"https://argo\.test/workflows/{namespace}/sql-[0-9a-f-]+",
        )
