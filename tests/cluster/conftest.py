"""The running cluster, a namespace for each test, and what is told of a test that fails.

The cluster is started beforehand, by ``make cluster``. It is one for all tests, so they leave it as
they found it: what a test breaks it mends, and what it creates is in namespaces of its own.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING

import pytest
from kubernetes.aio.config import new_client_from_config

from devcluster import flavours
from devcluster.errors import ClusterError
from tests.cluster.support import databases
from tests.cluster.support.clusters import Cluster, Namespaces
from tests.cluster.support.databases import ENGINES, Server, forwarded
from tests.cluster.support.helm import Helm
from tests.cluster.support.jobs import Jobs
from tests.cluster.support.operators import Operator
from tests.cluster.support.playground import Playground
from tests.cluster.support.processes import Processes
from tests.cluster.support.replicas import Replicas
from tests.cluster.support.reporting import report
from tests.cluster.support.stages import Stage, install_type

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator
    from pathlib import Path

    from kubernetes.aio.client import ApiClient

    from tests.cluster.support.databases import Database

NODE_ONLY = "node_flavour"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{NODE_ONLY}: holds only for the cluster that runs without Docker"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of what only the other flavour of cluster promises."""
    others = [item for item in items if item.get_closest_marker(NODE_ONLY)]
    if others and _is_kind():
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)


def _is_kind() -> bool:
    try:
        return flavours.choose() == "kind"
    except ClusterError:
        return False  # The fixture `cluster` says why.


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The running cluster. Fails if there is none, and names what is broken if it is unhealthy."""
    try:
        return Cluster.running()
    except ClusterError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def all_namespaces(cluster: Cluster) -> Iterator[Namespaces]:
    """Those of all tests, which are gone when the session ends."""
    made = Namespaces(cluster.kubectl)
    yield made
    made.delete(wait=True)


@pytest.fixture(scope="session")
def helm(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm.of(cluster, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def operator(cluster: Cluster, helm: Helm, all_namespaces: Namespaces) -> Iterator[Operator]:
    """SQLFlow's operator, installed by Helm, in its pod and with its own Roles."""
    operator = Operator.install(cluster, helm, all_namespaces)
    yield operator
    operator.uninstall()


@pytest.fixture(scope="module")
def servers(cluster: Cluster) -> Iterator[dict[str, Server]]:
    """MariaDB and PostgreSQL, by forwarded ports of each module's own.

    A restart of the API server or the kubelet ends them, and the next module is not to suffer.
    """
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(forwarded(cluster, engine))
            for name, engine in ENGINES.items()
        }


@pytest.fixture
def name() -> str:
    """A name for a job, its Secret and its database."""
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture(params=["mariadb"])
def database(
    request: pytest.FixtureRequest, servers: dict[str, Server], name: str
) -> Iterator[Database]:
    """One of the test's own, on the server that the test names."""
    with servers[request.param].database(name) as database:
        yield database


@pytest.fixture
def jobs(cluster: Cluster, operator: Operator) -> Jobs:
    """Those that the operator in its pod serves."""
    return Jobs(cluster.kubectl, operator.jobs)


@pytest.fixture
def namespaces(cluster: Cluster, all_namespaces: Namespaces) -> Iterator[Namespaces]:
    """Those of one test."""
    made = Namespaces(cluster.kubectl)
    yield made
    all_namespaces.names.extend(made.names)
    made.delete(wait=False)


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[ApiClient]:
    """The client that the product itself uses, logged in as administrator."""
    async with await new_client_from_config(str(cluster.flavour.kubeconfig)) as client:
        yield client


@pytest.fixture
def playground(
    cluster: Cluster, api: ApiClient, namespaces: Namespaces
) -> Callable[[], Playground]:
    """Makes a namespace to work in."""
    return lambda: Playground(namespaces.make(), api, cluster.kubectl)


@pytest.fixture
def namespace(playground: Callable[[], Playground]) -> Playground:
    """The test's own namespace."""
    return playground()


@pytest.fixture(scope="module")
def job_type(cluster: Cluster) -> None:
    """The type SQLFlowJob, which tests of Helm may have removed before."""
    install_type(cluster)


@pytest.fixture
def standing(cluster: Cluster) -> Database:
    """MariaDB's database that is there for all tests, of which none writes to it."""
    return databases.standing(cluster)


@pytest.fixture
def stage(
    cluster: Cluster, job_type: None, namespace: Playground, tmp_path: Path
) -> Iterator[Stage]:
    """The test's own namespace, with operators of its own, none of which runs yet."""
    processes = Processes(cluster, namespace.name, tmp_path)
    yield Stage(namespace, Jobs(cluster.kubectl, namespace.name), processes)
    processes.end()


@pytest.fixture
def operators(
    cluster: Cluster, job_type: None, namespace: Playground, tmp_path: Path
) -> Iterator[Processes]:
    """Operators of the test's own namespace, of which one runs."""
    made = Processes(cluster, namespace.name, tmp_path)
    made.start()
    yield made
    made.end()


@pytest.fixture
def replicas(
    cluster: Cluster, namespace: Playground, operators: Processes, tmp_path: Path
) -> Iterator[Replicas]:
    """Servers for the jobs of the test's own namespace, where an operator runs."""
    made = Replicas(cluster, namespace.name, tmp_path)
    yield made
    made.end()


@pytest.fixture
def dsn(servers: dict[str, Server]) -> str:
    """A data source, as the pods of the cluster reach it."""
    return servers["mariadb"].dsn("sqlflow", f"{ENGINES['mariadb'].service}.databases")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure how the cluster is, and what is in the test's namespaces."""
    outcome = yield
    arguments = getattr(item, "funcargs", {})
    cluster = arguments.get("cluster")
    if outcome.failed and call.when != "teardown" and cluster is not None:
        namespaces = arguments.get("namespaces")
        names = [*namespaces.names] if namespaces else []
        if operator := arguments.get("operator"):
            names += [operator.namespace, operator.jobs]
        for section in report(cluster.flavour, cluster.kubectl, names):
            outcome.sections.append((section.heading, section.text))
    return outcome
