"""What is built of a job is understood by Argo and by the API server, and runs as written."""

from __future__ import annotations

import copy
import json
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import yaml
from kubernetes.aio import client

from devcluster.errors import ClusterError
from devcluster.go import binaries
from pkg_argo import workflows
from sqlflow.wire import frames, rows
from tests.cluster.support.workflows import pod_of, succeed
from tests.golden import rendering

if TYPE_CHECKING:
    from pathlib import Path

    from pkg_argo.job import SQLFlowJob
    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground

TYPO = "imagePulPolicy"


@pytest.fixture(scope="session")
def argo(cluster: Cluster) -> Path:
    return binaries.ensure(cluster.places.cache, ["argo"])["argo"]


def with_typo(workflow: dict[str, Any]) -> dict[str, Any]:
    wrong = copy.deepcopy(workflow)
    wrong["spec"]["templates"][1]["container"][TYPO] = "Always"
    return wrong


def lint(argo: Path, workflow: dict[str, Any], file: Path) -> subprocess.CompletedProcess[str]:
    file.write_text(yaml.safe_dump(workflow), encoding="utf-8")
    command = [str(argo), "lint", "--offline", "--strict", "--no-color", str(file)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def dry_run(cluster: Cluster, workflow: dict[str, Any]) -> str:
    return cluster.kubectl.run(
        *("create", "--dry-run=server", "--validate=strict", "--output=name", "--filename=-"),
        stdin=json.dumps(workflow),
    )


@pytest.mark.parametrize("name", rendering.NAMES)
def test_argo_lints_it(argo: Path, name: str, tmp_path: Path) -> None:
    linted = lint(argo, rendering.golden(name), tmp_path / "workflow.yaml")

    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("name", rendering.NAMES)
def test_the_api_server_takes_it_to_the_letter(cluster: Cluster, name: str) -> None:
    workflow = rendering.golden(name)

    assert dry_run(cluster, workflow) == f"workflow.argoproj.io/{workflow['metadata']['name']}\n"


def test_argo_refuses_a_typo(argo: Path, tmp_path: Path) -> None:
    wrong = with_typo(rendering.golden("single-select"))

    linted = lint(argo, wrong, tmp_path / "workflow.yaml")

    assert linted.returncode == 1
    assert f'unknown field "spec.templates[1].container.{TYPO}"' in linted.stdout + linted.stderr


def test_the_api_server_refuses_a_typo(cluster: Cluster) -> None:
    with pytest.raises(ClusterError) as refused:
        dry_run(cluster, with_typo(rendering.golden("single-select")))

    assert f'unknown field "spec.templates[1].container.{TYPO}"' in str(refused.value.details)


async def test_hostile_text_reaches_the_step_unchanged(
    cluster: Cluster, namespace: Playground
) -> None:
    job = _job_in(namespace, "hostile-text")
    (statement,) = rendering.plan(job).statements

    workflow = await _submit(cluster, namespace, job)
    await succeed(namespace, workflow)

    log = await namespace.log(await pod_of(namespace, workflow, statement.id))
    assert _rows(log) == [(_literal(statement.text),)]


async def test_argos_containers_get_a_token_and_the_statements_does_not(
    cluster: Cluster, namespace: Playground
) -> None:
    # As an administrator may have it who does not know better.
    await namespace.core.patch_namespaced_service_account(
        "sqlflow-step", namespace.name, {"automountServiceAccountToken": True}
    )

    workflow = await _submit(cluster, namespace, _job_in(namespace, "hostile-text"))
    pod = await namespace.pod(await pod_of(namespace, workflow, "s01-select"))

    assert pod.spec
    containers = [*(pod.spec.init_containers or ()), *pod.spec.containers]
    assert {it.name: _has_token(it) for it in containers} == {
        "init": True,
        "wait": True,
        "main": False,
    }
    await succeed(namespace, workflow)


def _has_token(container: client.V1Container) -> bool:
    mounts = container.volume_mounts or ()
    return any("serviceaccount" in mount.mount_path for mount in mounts)


def _job_in(namespace: Playground, name: str) -> SQLFlowJob:
    job = rendering.job(name)
    metadata = job.metadata.model_copy(update={"namespace": namespace.name})
    return job.model_copy(update={"metadata": metadata})


async def _submit(cluster: Cluster, namespace: Playground, job: SQLFlowJob) -> str:
    """Create what a job becomes, without its owner; return the Workflow's name."""
    password = quote(cluster.database_password(), safe="")
    dsn = f"mysql://sqlflow:{password}@mariadb.databases/sqlflow"
    await namespace.create_secret(job.spec.data_source.secret_ref.name, {"dsn": dsn})
    image = cluster.images["step"]
    program = rendering.plan(job)
    config_map = workflows.config_map(job, program)
    workflow = workflows.build(job, program, workflows.WorkflowSettings(image=image))
    for made in (config_map, workflow):
        del made["metadata"]["ownerReferences"]
    body = client.V1ConfigMap.model_validate(config_map)
    await namespace.core.create_namespaced_config_map(namespace.name, body)
    await client.CustomObjectsApi(namespace.api).create_namespaced_custom_object(
        "argoproj.io", "v1alpha1", namespace.name, "workflows", workflow
    )
    return str(workflow["metadata"]["name"])


def _rows(log: str) -> list[tuple[Any, ...]]:
    """Return the rows in a step's frames."""
    decoded = (frames.decode(line.encode()) for line in log.split("\n"))
    header, *batches = [it.text for it in decoded if it and it.stream is frames.Stream.ROW]
    codec = rows.RowCodec(rows.header_from_json(header))
    return [row for batch in batches for row in codec.decode(batch)]


def _literal(statement: str) -> str:
    """Return what the statement's one literal means."""
    return statement[statement.index("'") + 1 : statement.rindex("'")].replace("''", "'")
