"""The operator as a process: killed anywhere, and beside another one.

Whatever happens to it, a job has one Workflow and ends as it should.
"""

from __future__ import annotations

import signal
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.aio import client
from sqlflow_operator.failpoints import EXIT_CODE

from devcluster.places import PROJECT
from tests.cluster.support.databases import ENGINES, Database, Server
from tests.cluster.support.jobs import Jobs
from tests.cluster.support.polling import eventually
from tests.cluster.support.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground

CRD = PROJECT / "deploy/helm/sqlflow/files/sqlflowjobs.sqlflow.org.yaml"
JOB = "SQLFlowJob"
LONG = "SELECT SLEEP(60)"


@pytest.fixture(scope="module", autouse=True)
def job_type(cluster: Cluster) -> None:
    """The type SQLFlowJob, of this checkout; Helm may have installed it already."""
    cluster.kubectl.run("apply", "--server-side", "--force-conflicts", f"--filename={CRD}")


@pytest.fixture
def jobs(cluster: Cluster, namespace: Playground) -> Jobs:
    return Jobs(cluster.kubectl, namespace.name)


@pytest.fixture
def database(cluster: Cluster) -> Database:
    """The database that is there; these tests make no table."""
    return Database(Server(ENGINES["mariadb"], cluster.database_password(), port=0), "sqlflow")


@pytest.fixture
def processes(cluster: Cluster, namespace: Playground, tmp_path: Path) -> Iterator[Processes]:
    made = Processes(cluster, namespace.name, tmp_path)
    yield made
    made.end()


async def workflows(namespace: Playground) -> list[dict[str, Any]]:
    """Return the Workflows of the test's namespace."""
    found: Any = await client.CustomObjectsApi(namespace.api).list_namespaced_custom_object(
        "argoproj.io", "v1alpha1", namespace.name, "workflows"
    )
    items: list[dict[str, Any]] = found["items"]
    return items


async def patch(namespace: Playground, name: str, spec: dict[str, Any]) -> None:
    """Change a job's spec, as a user does."""
    await client.CustomObjectsApi(namespace.api).patch_namespaced_custom_object(
        "sqlflow.org", "v1alpha1", namespace.name, "sqlflowjobs", name, {"spec": spec}
    )


async def in_phase(jobs: Jobs, name: str, phase: str) -> dict[str, Any]:
    return await eventually(
        lambda: jobs.status(name), lambda it: it.get("phase") == phase, what=f"{name} is {phase}"
    )


async def test_a_select_succeeds(jobs, namespace, processes, database):
    processes.start()
    await jobs.submit("one", "SELECT 1 AS a", database)
    status = await jobs.succeed("one")
    assert [(s["id"], s["phase"]) for s in status["steps"]] == [("s01-select", "Succeeded")]
    assert status["progress"] == "1/1"
    [workflow] = await workflows(namespace)
    assert workflow["metadata"]["uid"] == status["workflow"]["uid"]


async def test_a_clause_that_does_not_parse_fails_the_job_before_any_pod(
    jobs, namespace, processes, database
):
    processes.start()
    await jobs.submit("bad", "SELECT 1;\nSELECT * FROM t TO TRIAN m LABEL y INTO x", database)
    status = await jobs.end("bad")
    assert (status["phase"], status["reason"]) == ("Failed", "ProgramInvalid")
    accepted = next(c for c in status["conditions"] if c["type"] == "Accepted")
    assert accepted["status"] == "False"
    assert "statement 2, line 2, column 20" in accepted["message"]
    assert await namespace.pod_names() == []
    assert await workflows(namespace) == []


async def test_a_missing_secret_is_named_and_the_job_goes_on_when_it_is_there(
    jobs, namespace, processes, database
):
    processes.start()
    spec = {"dataSource": {"dialect": "mysql", "secretRef": {"name": "later"}}}
    began = time.monotonic()
    await jobs.submit("one", "SELECT 1 AS a", database, **spec)
    status = await eventually(
        lambda: jobs.status("one"),
        lambda it: it.get("reason") == "SecretNotFound",
        what="the reason",
    )
    assert time.monotonic() - began < 30
    assert 'secret "later" not found' in status["message"]
    assert status["phase"] == "Pending"
    await patch(namespace, "one", {"cancel": "Graceful"})
    assert (await jobs.end("one"))["phase"] == "Cancelled"


@pytest.mark.parametrize(
    "place",
    [
        f"{when}-{write}"
        for write in ("create-config-map", "create-workflow", "patch-status", "emit")
        for when in ("before", "after")
    ]
    + ["before-patch-status@2", "after-patch-status@3", "before-patch-status@3"],
)
async def test_a_job_has_one_workflow_wherever_the_operator_is_killed(
    place, jobs, namespace, processes, database
):
    killed = processes.start(place)
    await jobs.submit("one", "SELECT 1 AS a", database)
    assert await processes.died(killed) == EXIT_CODE
    processes.start()
    status = await jobs.succeed("one")
    [workflow] = await workflows(namespace)
    assert status["workflow"]["uid"] == workflow["metadata"]["uid"]
    assert len(await namespace.pod_names()) == 1


@pytest.mark.parametrize("place", ["before-shutdown", "after-shutdown"])
async def test_a_job_is_cancelled_wherever_the_operator_is_killed(
    place, jobs, namespace, processes, database
):
    killed = processes.start(place)
    await jobs.submit("long", LONG, database)
    await in_phase(jobs, "long", "Running")
    await patch(namespace, "long", {"cancel": "Graceful"})
    assert await processes.died(killed) == EXIT_CODE
    processes.start()
    assert (await jobs.end("long"))["phase"] == "Cancelled"


async def test_two_operators_at_once_make_one_workflow_a_job(jobs, namespace, processes, database):
    processes.start()
    processes.start()
    names = [f"job-{number}" for number in range(4)]
    for name in names:
        await jobs.submit(name, "SELECT 1 AS a", database)
    ends = [await jobs.succeed(name) for name in names]
    made = await workflows(namespace)
    assert sorted(w["metadata"]["uid"] for w in made) == sorted(e["workflow"]["uid"] for e in ends)
    assert len(await namespace.pod_names()) == len(names)


async def test_a_workflow_that_is_deleted_is_reported_and_not_run_again(
    jobs, namespace, processes, database
):
    processes.start()
    await jobs.submit("long", LONG, database)
    status = await in_phase(jobs, "long", "Running")
    await client.CustomObjectsApi(namespace.api).delete_namespaced_custom_object(
        "argoproj.io", "v1alpha1", namespace.name, "workflows", status["workflow"]["name"]
    )
    status = await jobs.end("long")
    assert (status["phase"], status["reason"]) == ("Failed", "WorkflowLost")
    assert await workflows(namespace) == []


async def test_a_cancelled_job_says_so_when_its_pods_are_dead(jobs, namespace, processes, database):
    processes.start()
    await jobs.submit("long", LONG, database)
    status = await in_phase(jobs, "long", "Running")
    pod = status["steps"][0]["pod"]
    await patch(namespace, "long", {"cancel": "Graceful"})
    status = await jobs.end("long")
    assert (status["phase"], status["steps"][0]["phase"]) == ("Cancelled", "Cancelled")
    assert not await namespace.is_running(pod)


async def test_a_job_that_is_applied_suspended_runs_once_it_is_resumed(
    jobs, namespace, processes, database
):
    processes.start()
    await jobs.submit("one", "SELECT 1 AS a", database, suspend=True)
    await eventually(
        lambda: jobs.status("one"), lambda it: it.get("reason") == "Suspended", what="suspended"
    )
    assert await workflows(namespace) == []
    await patch(namespace, "one", {"suspend": False})
    await jobs.succeed("one")


async def test_a_jobs_time_after_its_end_is_its_own_and_may_be_changed_when_it_is_over(
    cluster, jobs, namespace, processes, database
):
    async def left() -> set[tuple[str, str]]:
        kinds = "sqlflowjobs,workflows,pods,configmaps"
        found = cluster.kubectl.items(kinds, f"--namespace={namespace.name}")
        owners = [(it["kind"], it["metadata"].get("ownerReferences", ())) for it in found]
        jobs = {(JOB, it["metadata"]["name"]) for it in found if it["kind"] == JOB}
        return jobs | {(kind, owner["name"]) for kind, owned in owners for owner in owned}

    processes.start(TTL="1")
    await jobs.submit("unsaid", "SELECT 1 AS a", database)
    await jobs.submit("said", "SELECT 1 AS a", database, ttlSecondsAfterFinished=3600)
    await jobs.succeed("said")
    await eventually(left, lambda it: (JOB, "unsaid") not in it, what="the default's time is over")

    kinds = {kind for kind, owner in await left() if owner.startswith("said")}
    assert kinds == {JOB, "Workflow", "Pod", "ConfigMap"}
    await patch(namespace, "said", {"ttlSecondsAfterFinished": 0})
    await eventually(left, lambda it: it == set(), what="nothing is left of either")


async def test_a_program_may_come_from_a_config_map_that_comes_later(
    jobs, namespace, processes, database
):
    processes.start()
    reference = {"configMapKeyRef": {"name": "programs", "key": "one.sql"}}
    await jobs.submit("one", None, database, programFrom=reference)
    status = await eventually(
        lambda: jobs.status("one"), lambda it: it.get("reason") == "ProgramNotFound", what="said"
    )
    assert "There is no ConfigMap programs" in status["message"]
    body = client.V1ConfigMap.model_validate(
        {"metadata": {"name": "programs"}, "data": {"one.sql": "SELECT 1 AS a"}}
    )
    await namespace.core.create_namespaced_config_map(namespace.name, body)
    await jobs.succeed("one")


async def test_sigterm_ends_the_operator_at_once(jobs, processes, database):
    process = processes.start()
    await jobs.submit("one", "SELECT 1 AS a", database)
    await in_phase(jobs, "one", "Running")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert await processes.died(process) == 0
    assert time.monotonic() - began < 5


async def test_the_log_holds_no_program_and_no_secret(
    cluster, jobs, namespace, processes, database
):
    canary = f"canary{uuid.uuid4().hex}"
    processes.start()
    await jobs.submit("one", f"SELECT '{canary}' AS a", database)
    await jobs.succeed("one")
    logs = processes.logs()
    assert "made" in logs
    assert canary not in logs
    assert cluster.database_password() not in logs
