"""What happens to a job when something around it goes away, and comes back or does not."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.cluster.support import outages
from tests.cluster.support.jobs import Jobs
from tests.cluster.support.polling import eventually
from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.databases import Database
    from tests.cluster.support.operators import Operator
    from tests.cluster.support.playground import Playground
    from tests.cluster.support.stages import Stage

LONG = "SELECT SLEEP(60)"
A_WHILE = "SELECT SLEEP(10)"
SHORT = "SELECT 1 AS a"


def assert_no_error(log: str) -> None:
    """Hold an operator to it that it took all that happened for what happens."""
    assert "Traceback" not in log
    assert [line for line in log.splitlines() if '"level": "error"' in line] == []


@pytest.mark.parametrize("cascade", ["foreground", "background"])
async def test_a_job_that_is_deleted_while_it_runs_leaves_its_secret_alone(
    cluster: Cluster, stage: Stage, standing: Database, cascade: str
) -> None:
    async def left() -> list[str]:
        kinds = "sqlflowjobs,workflows,pods,configmaps,secrets,workflowtaskresults"
        found = cluster.kubectl.items(kinds, f"--namespace={stage.namespace.name}")
        return sorted(f"{it['kind']} {it['metadata']['name']}" for it in found)

    stage.processes.start(STOP_GRACE="1")
    await stage.jobs.submit("long", LONG, standing)
    await stage.in_phase("long", "Running")

    await stage.jobs.delete("long", cascade=cascade)

    await eventually(
        left,
        lambda it: it == ["ConfigMap kube-root-ca.crt", "Secret long"],
        what="only what is the user's and Kubernetes's is left",
    )
    assert_no_error(stage.processes.logs())


async def test_a_namespace_that_is_deleted_while_a_job_runs_is_gone_soon_and_others_are_served(
    cluster: Cluster,
    playground: Callable[[], Playground],
    stage: Stage,
    standing: Database,
) -> None:
    doomed = playground()
    jobs = Jobs(cluster.kubectl, doomed.name)
    stage.processes.start(NAMESPACES=f"{doomed.name},{stage.namespace.name}")
    await jobs.submit("long", LONG, standing)
    await eventually(doomed.running_pods, bool, what="the job's program runs")

    began = time.monotonic()
    delete = ("delete", "namespace", doomed.name, "--timeout=60s")
    await asyncio.to_thread(cluster.kubectl.run, *delete)

    assert time.monotonic() - began < 60
    await stage.jobs.submit("other", SHORT, standing)
    await stage.jobs.succeed("other")
    assert_no_error(stage.processes.logs())


async def test_a_job_that_argo_does_not_look_at_says_so_and_succeeds_when_argo_is_back(
    cluster: Cluster, stage: Stage, standing: Database
) -> None:
    stage.processes.start(ARGO_SILENCE="2")
    async with outages.argo_away(cluster, stage.namespace):
        await stage.jobs.submit("one", SHORT, standing)
        status = await eventually(
            lambda: stage.jobs.status("one"),
            lambda it: it.get("reason") == "ControllerNotResponding",
            what="the job says that nobody takes its Workflow up",
        )
        assert status["phase"] == "Pending"
        assert status["message"] == (
            "Argo has not looked at the Workflow for 2 seconds."
            " Check that Argo's workflow controller runs, and serves this namespace"
        )

    status = await stage.jobs.succeed("one")
    assert status.get("reason", "") == ""


async def test_a_job_succeeds_whose_step_ended_while_argo_was_away(
    cluster: Cluster, jobs: Jobs, name: str, standing: Database, namespace: Playground
) -> None:
    await jobs.submit(name, f"{A_WHILE}; {SHORT}", standing)
    status = await jobs.reach(name, lambda it: it.get("step") == "s01-select")
    [step, _second] = status["steps"]
    async with outages.argo_away(cluster, namespace):
        await jobs.pod_ends(step["pod"])
        assert (await jobs.status(name))["phase"] == "Running"

    status = await jobs.succeed(name)
    assert [(it["phase"], it["attempt"]) for it in status["steps"]] == [("Succeeded", 1)] * 2


async def test_a_namespace_without_rights_for_the_executor_is_told_which(
    cluster: Cluster, stage: Stage, standing: Database
) -> None:
    delete = ("delete", "rolebinding/sqlflow-step", f"--namespace={stage.namespace.name}")
    cluster.kubectl.run(*delete)
    stage.processes.start()
    await stage.jobs.submit("one", SHORT, standing)

    status = await stage.jobs.end("one")

    assert (status["phase"], status["reason"]) == ("Failed", "ExecutorForbidden")
    assert 'cannot create resource "workflowtaskresults"' in status["message"]
    assert f'in the namespace "{stage.namespace.name}"' in status["message"]
    assert "a Role with create and patch on workflowtaskresults" in status["message"]


async def test_a_namespace_without_the_steps_account_is_told_so(
    cluster: Cluster, stage: Stage, standing: Database
) -> None:
    delete = ("delete", "serviceaccount/sqlflow-step", f"--namespace={stage.namespace.name}")
    cluster.kubectl.run(*delete)
    stage.processes.start()
    await stage.jobs.submit("one", SHORT, standing)

    status = await stage.jobs.end("one")

    assert (status["phase"], status["reason"]) == ("Failed", "ServiceAccountNotFound")
    assert 'serviceaccount "sqlflow-step" not found' in status["message"]
    assert "as the Helm chart does" in status["message"]


async def test_a_job_survives_a_restart_of_the_api_server_and_so_does_the_operator(
    cluster: Cluster, operator: Operator, jobs: Jobs, name: str, standing: Database
) -> None:
    def restarts() -> dict[str, int]:
        return {
            pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["restartCount"]
            for pod in operator.pods()
        }

    before = restarts()
    await jobs.submit(name, f"{A_WHILE}; {SHORT}", standing)
    await jobs.reach(name, lambda it: it.get("step") == "s01-select")

    await asyncio.to_thread(cluster.flavour.restart, "kube-apiserver")

    status = await jobs.succeed(name)
    assert [it["attempt"] for it in status["steps"]] == [1, 1]
    assert await jobs.workflows_of(name) == [status["workflow"]["uid"]]
    assert restarts() == before


async def test_what_became_of_a_job_while_the_operator_was_cut_off_is_told_afterwards(
    cluster: Cluster, stage: Stage, standing: Database, tmp_path: Path
) -> None:
    """The operator is alive all that while, and its liveness probe says so."""
    probe = f"http://127.0.0.1:{free_port()}/healthz"
    async with (
        outages.line(cluster.flavour.kubeconfig, tmp_path) as line,
        aiohttp.ClientSession() as session,
    ):

        async def alive() -> int:
            async with session.get(probe) as answer:
                return answer.status

        stage.processes.start(kubeconfig=line.login, LIVENESS=probe)
        await stage.jobs.submit("one", "SELECT SLEEP(3)", standing)
        await stage.in_phase("one", "Running")

        line.cut()
        await stage.workflow_ends()
        assert (await stage.jobs.status("one"))["phase"] == "Running"
        assert await alive() == 200
        await line.mend()

        status = await stage.jobs.succeed("one")
        assert [it["metadata"]["uid"] for it in await stage.workflows()] == [
            status["workflow"]["uid"]
        ]
        assert await alive() == 200
        await stage.jobs.submit("two", SHORT, standing)  # The watches are back as well.
        await stage.jobs.succeed("two")


async def test_a_deadline_that_passed_while_the_operator_was_cut_off_is_held_afterwards(
    cluster: Cluster, stage: Stage, standing: Database, tmp_path: Path
) -> None:
    async def failed() -> bool:
        return "look failed" in stage.processes.logs()

    async with outages.line(cluster.flavour.kubeconfig, tmp_path) as line:
        stage.processes.start(kubeconfig=line.login, STOP_GRACE="1")
        await stage.jobs.submit("long", LONG, standing, activeDeadlineSeconds=5)
        await stage.in_phase("long", "Running")
        line.cut()
        await eventually(failed, bool, what="the operator would do something, and can't")
        await line.mend()

        status = await stage.jobs.end("long")
        assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")
        assert await stage.namespace.running_pods() == []
