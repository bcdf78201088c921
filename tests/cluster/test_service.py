"""The suite of the service, on Kubernetes: jobs are Workflows of the cluster, on MariaDB."""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING

import pytest

from pkg_argo import names
from pkg_argo.kube import JOBS
from tests.cluster.support.clusters import Namespaces
from tests.cluster.support.gates import Lock
from tests.cluster.support.processes import Processes
from tests.cluster.support.replicas import URL, Replicas
from tests.conformance.service import *  # noqa: F403 - the tests
from tests.conformance.service.services import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.v1 import sqlflow_pb2 as pb
    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.databases import Server


@pytest.fixture(scope="module")
def namespaces(cluster: Cluster, all_namespaces: Namespaces) -> Iterator[Namespaces]:
    """Those of all tests of the module, of which a failure tells."""
    made = Namespaces(cluster.kubectl)
    yield made
    all_namespaces.names.extend(made.names)
    made.delete(wait=False)


@pytest.fixture(scope="module")
def service(
    cluster: Cluster,
    namespaces: Namespaces,
    servers: dict[str, Server],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """Two servers and an operator for a namespace of their own, a database of MariaDB."""
    folder, mariadb = tmp_path_factory.mktemp("service"), servers["mariadb"]
    namespace = namespaces.make()
    with contextlib.ExitStack() as stack:
        operators = Processes(cluster, namespace, folder)
        stack.callback(operators.end)
        operators.start()
        replicas = Replicas(cluster, namespace, folder)
        stack.callback(replicas.end)
        database = stack.enter_context(mariadb.database(f"t{uuid.uuid4().hex[:8]}"))

        def link(job: pb.Job) -> str:
            uid = cluster.kubectl.run(
                *("get", JOBS.plural, job.id, f"--namespace={namespace}"),
                "--output=jsonpath={.metadata.uid}",
            )
            name = names.workflow_name(job.id, uid)
            return URL.format(namespace=namespace, name=name)

        yield Service(
            server=replicas.start(),
            second=replicas.start(),
            dialect="mysql",
            database=lambda: database.dsn,
            gate=lambda: stack.enter_context(Lock.held(mariadb)),
            link=link,
        )
