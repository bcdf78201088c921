"""The cluster is there, whole, and holds the pods of jobs to Pod Security `restricted`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from devcluster.node.client import Node
from devcluster.places import PROJECT
from tests import leftovers
from tests.cluster.support import manifests
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from kubernetes.aio.client import ApiClient

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground


async def test_all_nodes_are_ready(api: ApiClient) -> None:
    nodes = (await client.CoreV1Api(api).list_node()).items

    ready = {
        node.metadata.name: [it.status for it in node.status.conditions if it.type == "Ready"]
        for node in nodes
        if node.metadata and node.status and node.status.conditions
    }
    assert ready
    assert set(map(tuple, ready.values())) == {("True",)}, ready


async def test_a_workflow_written_by_hand_succeeds_with_kubectl_and_the_printed_kubeconfig(
    cluster: Cluster,
) -> None:
    file = PROJECT / "examples" / "hello-workflow.yaml"
    created = cluster.kubectl.run("create", f"--filename={file}", "--output=name").strip()
    try:

        async def phase() -> str:
            return cluster.kubectl.run(
                *("get", created, "--namespace=sqlflow-jobs", "--output=jsonpath={.status.phase}")
            )

        assert (
            await eventually(
                phase, lambda it: it in ("Succeeded", "Failed", "Error"), what="the Workflow ends"
            )
            == "Succeeded"
        )
    finally:
        cluster.kubectl.run("delete", created, "--namespace=sqlflow-jobs", "--wait=false")


def test_up_changes_nothing_where_all_is_up(cluster: Cluster) -> None:
    before = identities(cluster)

    environment = {name: it for name, it in os.environ.items() if name != leftovers.VARIABLE}
    subprocess.run(
        [sys.executable, "-m", "devcluster", "up"],
        cwd=PROJECT,
        env=environment,
        check=True,
        capture_output=True,
    )

    assert identities(cluster) == before


@pytest.mark.parametrize("where", ["a test's namespace", "sqlflow-jobs", "sqlflow"])
async def test_a_privileged_pod_is_refused(
    where: str, cluster: Cluster, namespace: Playground
) -> None:
    body = manifests.pod("privileged", cluster.images["base"], "print('not to be seen')")
    body["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    name = namespace.name if where == "a test's namespace" else where

    with pytest.raises(ApiException) as refused:
        await namespace.core.create_namespaced_pod(
            name, client.V1Pod.model_validate(body), dry_run="All"
        )

    assert refused.value.status == 403
    message = json.loads(str(refused.value.body))["message"]
    assert 'violates PodSecurity "restricted:latest": privileged' in message


def identities(cluster: Cluster) -> dict[str, object]:
    """Return what would differ had anything been started again or written anew."""
    node = Node.find(cluster.places)
    found: dict[str, object] = {"processes": node.processes() if node else None}
    kinds = "deployments,services,configmaps,secrets,customresourcedefinitions,pods"
    for item in cluster.kubectl.items(kinds, "--all-namespaces", seconds=30):
        meta = item["metadata"]
        if not meta.get("namespace", "").startswith("test-"):
            containers = item.get("status", {}).get("containerStatuses", [])
            found[f"{item['kind']} {meta.get('namespace')}/{meta['name']}"] = (
                meta["uid"],
                # The API server counts the changes of a specification, where an object has one.
                meta.get("generation", None if containers else meta["resourceVersion"]),
                [(it.get("containerID"), it["restartCount"]) for it in containers],
            )
    return found
