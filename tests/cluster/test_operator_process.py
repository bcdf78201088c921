"""The operator as a process, from its start to its end, and beside another one."""

from __future__ import annotations

import signal
import time
import uuid

from kubernetes.aio import client

from tests.cluster.support.polling import eventually

JOB = "SQLFlowJob"
LONG = "SELECT SLEEP(60)"


async def test_a_clause_that_does_not_parse_fails_the_job_before_any_pod(stage, standing):
    stage.processes.start()
    await stage.jobs.submit("bad", "SELECT 1;\nSELECT * FROM t TO TRIAN m LABEL y INTO x", standing)
    status = await stage.jobs.end("bad")
    assert (status["phase"], status["reason"]) == ("Failed", "ProgramInvalid")
    accepted = next(c for c in status["conditions"] if c["type"] == "Accepted")
    assert accepted["status"] == "False"
    assert "statement 2, line 2, column 20" in accepted["message"]
    assert await stage.namespace.pod_names() == []
    assert await stage.workflows() == []


async def test_a_missing_secret_is_named_within_half_a_minute(stage, standing):
    stage.processes.start()
    spec = {"dataSource": {"dialect": "mysql", "secretRef": {"name": "later"}}}
    began = time.monotonic()
    await stage.jobs.submit("one", "SELECT 1 AS a", standing, **spec)
    status = await eventually(
        lambda: stage.jobs.status("one"),
        lambda it: it.get("reason") == "SecretNotFound",
        what="the reason",
    )
    assert time.monotonic() - began < 30
    assert 'secret "later" not found' in status["message"]
    assert status["phase"] == "Pending"
    await stage.patch("one", {"cancel": "Graceful"})
    assert (await stage.jobs.end("one"))["phase"] == "Cancelled"


async def test_two_operators_at_once_make_one_workflow_a_job(stage, standing):
    stage.processes.start()
    stage.processes.start()
    names = [f"job-{number}" for number in range(4)]
    for name in names:
        await stage.jobs.submit(name, "SELECT 1 AS a", standing)
    ends = [await stage.jobs.succeed(name) for name in names]
    made = await stage.workflows()
    assert sorted(w["metadata"]["uid"] for w in made) == sorted(e["workflow"]["uid"] for e in ends)
    assert len(await stage.namespace.pod_names()) == len(names)


async def test_a_workflow_that_is_deleted_is_reported_and_not_run_again(stage, standing):
    stage.processes.start()
    await stage.jobs.submit("long", LONG, standing)
    status = await stage.in_phase("long", "Running")
    await stage.delete_workflow(status["workflow"]["name"])
    status = await stage.jobs.end("long")
    assert (status["phase"], status["reason"]) == ("Failed", "WorkflowLost")
    assert await stage.workflows() == []


async def test_a_job_that_is_applied_suspended_runs_once_it_is_resumed(stage, standing):
    stage.processes.start()
    await stage.jobs.submit("one", "SELECT 1 AS a", standing, suspend=True)
    await eventually(
        lambda: stage.jobs.status("one"),
        lambda it: it.get("reason") == "Suspended",
        what="suspended",
    )
    assert await stage.workflows() == []
    await stage.patch("one", {"suspend": False})
    await stage.jobs.succeed("one")


async def test_a_jobs_time_after_its_end_is_its_own_and_may_be_changed_when_it_is_over(
    cluster, stage, standing
):
    async def left() -> set[tuple[str, str]]:
        kinds = "sqlflowjobs,workflows,pods,configmaps"
        found = cluster.kubectl.items(kinds, f"--namespace={stage.namespace.name}")
        owners = [(it["kind"], it["metadata"].get("ownerReferences", ())) for it in found]
        jobs = {(JOB, it["metadata"]["name"]) for it in found if it["kind"] == JOB}
        return jobs | {(kind, owner["name"]) for kind, owned in owners for owner in owned}

    stage.processes.start(TTL="1")
    await stage.jobs.submit("unsaid", "SELECT 1 AS a", standing)
    await stage.jobs.submit("said", "SELECT 1 AS a", standing, ttlSecondsAfterFinished=3600)
    await stage.jobs.succeed("said")
    await eventually(left, lambda it: (JOB, "unsaid") not in it, what="the default's time is over")

    kinds = {kind for kind, owner in await left() if owner.startswith("said")}
    assert kinds == {JOB, "Workflow", "Pod", "ConfigMap"}
    await stage.patch("said", {"ttlSecondsAfterFinished": 0})
    await eventually(left, lambda it: it == set(), what="nothing is left of either")


async def test_a_program_may_come_from_a_config_map_that_comes_later(stage, standing):
    stage.processes.start()
    reference = {"configMapKeyRef": {"name": "programs", "key": "one.sql"}}
    await stage.jobs.submit("one", None, standing, programFrom=reference)
    status = await eventually(
        lambda: stage.jobs.status("one"),
        lambda it: it.get("reason") == "ProgramNotFound",
        what="said",
    )
    assert "There is no ConfigMap programs" in status["message"]
    body = client.V1ConfigMap.model_validate(
        {"metadata": {"name": "programs"}, "data": {"one.sql": "SELECT 1 AS a"}}
    )
    await stage.namespace.core.create_namespaced_config_map(stage.namespace.name, body)
    await stage.jobs.succeed("one")


async def test_sigterm_ends_the_operator_at_once(stage, standing):
    process = stage.processes.start()
    await stage.jobs.submit("one", "SELECT 1 AS a", standing)
    await stage.in_phase("one", "Running")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert await stage.processes.died(process) == 0
    assert time.monotonic() - began < 5


async def test_the_log_holds_no_program_and_no_secret(cluster, stage, standing):
    canary = f"canary{uuid.uuid4().hex}"
    stage.processes.start()
    await stage.jobs.submit("one", f"SELECT '{canary}' AS a", standing)
    await stage.jobs.succeed("one")
    logs = stage.processes.logs()
    assert "made" in logs
    assert canary not in logs
    assert cluster.database_password() not in logs
