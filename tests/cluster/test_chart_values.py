"""What an administrator may say in the chart's values, seen in a job that it holds for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.cluster.support import databases
from tests.cluster.support.jobs import Jobs
from tests.cluster.support.operators import Operator
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.support.clusters import Cluster, Namespaces
    from tests.cluster.support.databases import Database
    from tests.cluster.support.helm import Helm

JOB: Final = "chart-values"
TEMPLATE: Final = """
{% include "sqlflow/step.yaml.j2" %}
hostAliases:
  - {ip: 10.0.0.9, hostnames: [lake]}
sidecars:
  - name: proxy
    image: {{ image | tojson }}
    command: [sleep, "600"]
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""
URL: Final = "https://argo.example.org/workflows/{namespace}/{name}"


@pytest.fixture(scope="module")
def everywhere(cluster: Cluster, helm: Helm, all_namespaces: Namespaces) -> Iterator[Operator]:
    """An operator of the whole cluster, with a template and a link of its administrator's."""
    operator = Operator.install(
        cluster,
        helm,
        all_namespaces,
        fullnameOverride="chart-values",
        watchAllNamespaces=True,
        templates={"step.yaml.j2": TEMPLATE},
        argo={"workflowUrl": URL},
    )
    yield operator
    operator.uninstall()


@pytest.fixture
def jobs(everywhere: Operator, cluster: Cluster, namespaces: Namespaces) -> Jobs:
    """Of a namespace that the operator was not told of; it has what NOTES.txt asks for."""
    return Jobs(cluster.kubectl, namespaces.make())


@pytest.fixture
def database(cluster: Cluster) -> Database:
    return databases.standing(cluster)


async def test_a_job_anywhere_in_the_cluster_has_the_template_and_the_link(
    everywhere: Operator, jobs: Jobs, database: Database
) -> None:
    await jobs.submit(JOB, "SELECT 1", database)

    status = await jobs.succeed(JOB)

    workflow = status["workflow"]
    assert workflow["url"] == URL.format(namespace=jobs.namespace, name=workflow["name"])
    [pod] = jobs.kubectl.items("pods", f"--namespace={jobs.namespace}")
    assert pod["spec"]["hostAliases"] == [{"ip": "10.0.0.9", "hostnames": ["lake"]}]
    assert {it["name"] for it in pod["spec"]["containers"]} == {"main", "wait", "proxy"}


async def test_a_template_that_is_wrong_is_told_by_its_pod_and_the_operator_before_goes_on(
    everywhere: Operator,
) -> None:
    [before] = everywhere.pods()
    wrong = f"{TEMPLATE}hostAlias: []\n"

    everywhere.upgrade(wait=False, templates={"step.yaml.j2": wrong})

    async def said() -> str:
        states = [
            status[when].get("terminated", {})
            for pod in everywhere.pods()[1:]
            for status in pod["status"].get("containerStatuses", ())
            for when in ("state", "lastState")
        ]
        return "".join(str(it.get("message", "")) for it in states)

    message = await eventually(said, bool, what="the new pod says why it did not start")
    assert 'unknown field "spec.templates[1].hostAlias"' in message
    assert message.startswith("sqlflow-operator: can't start: /etc/sqlflow/templates: ")
    [still, _] = everywhere.pods()
    assert still["metadata"]["name"] == before["metadata"]["name"]
    assert still["status"]["containerStatuses"][0]["ready"]
