"""What happens to a job when something happens to the pod of a step.

Each row of the failure table: what the job says, what its step says, and that the statement was not
run again. The operator is the one that Helm installed, but where its grace has to be another one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.support.playground import Playground
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from kubernetes.aio.client import ApiClient

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.databases import Database
    from tests.cluster.support.jobs import Jobs
    from tests.cluster.support.operators import Operator
    from tests.cluster.support.stages import Stage

SHORT = "SELECT 1 AS a"
LONG = "SELECT SLEEP(60)"
STEP = "s01-select"
NOT_AGAIN = (
    "It is not run again by itself, for it may have written: look at the tables before a new job"
)
RESIZE = "Ask for less in stepDefaults or SET step, or give the cluster a fitting node"
MAKE_ROOM = "The node ran short of what the pod used: ask for more memory or disk, and run again"


@pytest.fixture
def place(operator: Operator, api: ApiClient, cluster: Cluster) -> Playground:
    """The namespace of the jobs that the operator of Helm serves."""
    return Playground(operator.jobs, api, cluster.kubectl)


def about(it: dict[str, Any]) -> tuple[str, str]:
    return it["phase"], it.get("reason", "")


def conditions(status: dict[str, Any]) -> dict[str, tuple[str, str]]:
    found = {it["type"]: (it["status"], it["reason"]) for it in status["conditions"]}
    return {it: found[it] for it in ("Succeeded", "Stalled")}


async def stalls(jobs: Jobs, name: str, reason: str) -> dict[str, Any]:
    """Wait until a job waits for a reason, and says so at each place; return its status."""
    status = await jobs.reach(name, lambda it: it.get("reason") == reason)
    [step] = status["steps"]
    assert (about(status), about(step)) == (("Pending", reason), ("Pending", reason))
    assert conditions(status) == {"Succeeded": ("Unknown", "Pending"), "Stalled": ("True", reason)}
    assert status["message"] == f"step {STEP}, line 1: {step['message']}"
    return status


async def fails(jobs: Jobs, name: str, reason: str) -> dict[str, Any]:
    """Wait until a job has failed for a reason, after one try; return its status."""
    status = await jobs.end(name)
    assert about(status) == ("Failed", reason)
    assert conditions(status) == {"Succeeded": ("False", reason), "Stalled": ("False", "Failed")}
    assert await jobs.workflows_of(name) == [status["workflow"]["uid"]]
    assert status["steps"][0].get("attempt", 0) <= 1
    return status


async def is_no_other_pod(jobs: Jobs, name: str, before: dict[str, str]) -> None:
    """See that no pod was made in place of the one there was, which may be on its way out."""
    assert (await jobs.pods_of(name)).items() <= before.items()


async def test_an_image_that_cannot_be_pulled_is_named_until_the_pending_deadline(
    jobs: Jobs, name: str, standing: Database
) -> None:
    image = "sqlflow.local/nosuch:1"
    await jobs.submit(name, SHORT, standing, image=image, pendingDeadlineSeconds=12)

    status = await stalls(jobs, name, "ImagePullBackOff")
    assert f'"{image}"' in status["message"]
    assert status["message"].endswith("Check the image's name and that the nodes may pull it")

    status = await fails(jobs, name, "PendingDeadlineExceeded")
    assert status["message"].startswith(
        f"The pod of {STEP} waited for 12 seconds, the job's pendingDeadlineSeconds: "
    )
    assert f'"{image}"' in status["message"]
    assert about(status["steps"][0]) == ("Cancelled", "PendingDeadlineExceeded")


@pytest.mark.parametrize(
    ("wish", "answer"),
    [
        ({"resources": {"cpu": "1000"}}, "Insufficient cpu"),
        ({"nodeSelector": {"disk": "gold"}}, "didn't match Pod's node affinity/selector"),
    ],
    ids=["more than any node has", "another node"],
)
async def test_a_pod_that_fits_no_node_tells_the_schedulers_words_until_the_pending_deadline(
    jobs: Jobs, name: str, standing: Database, wish: dict[str, Any], answer: str
) -> None:
    await jobs.submit(name, SHORT, standing, stepDefaults=wish, pendingDeadlineSeconds=4)

    status = await stalls(jobs, name, "Unschedulable")
    assert "0/1 nodes are available" in status["message"]
    assert answer in status["message"]
    assert status["message"].endswith(RESIZE)

    status = await fails(jobs, name, "PendingDeadlineExceeded")
    assert answer in status["message"]
    assert about(status["steps"][0]) == ("Cancelled", "PendingDeadlineExceeded")
    assert await jobs.pods_of(name) == {}


async def test_a_step_over_its_memory_limit_is_killed_once_and_told_the_limit(
    jobs: Jobs, name: str, standing: Database
) -> None:
    row = "SELECT REPEAT('x', 16000000) AS a"
    program = f"{' UNION ALL '.join([row] * 12)}; {SHORT}"
    limit = {"resources": {"memory": "96Mi"}}
    await jobs.submit(name, program, standing, stepDefaults=limit, execution="Sequential")

    status = await fails(jobs, name, "OOMKilled")
    first, second = status["steps"]
    assert (about(first), first["attempt"]) == (("Failed", "OOMKilled"), 1)
    assert second["phase"] == "Skipped"
    assert first["message"] == (
        "The step needed more memory than its limit of 96Mi, and was killed. "
        "Give the step more memory in stepDefaults or by SET step.memory"
    )
    assert status["message"] == f"step {STEP}, line 1: {first['message']}"
    assert [*await jobs.pods_of(name)] == [first["pod"]]


async def test_a_step_that_is_evicted_is_not_run_again(
    jobs: Jobs, name: str, standing: Database, place: Playground
) -> None:
    await jobs.submit(name, LONG, standing)
    pod = await jobs.running_pod(name)
    before = await jobs.pods_of(name)
    await place.evict(pod)

    status = await fails(jobs, name, "Evicted")
    assert status["message"] == f"step {STEP}, line 1: Eviction API: evicting. {MAKE_ROOM}"
    assert about(status["steps"][0]) == ("Failed", "Evicted")
    await is_no_other_pod(jobs, name, before)


async def test_a_step_over_its_disk_limit_is_evicted_by_the_kubelet(
    jobs: Jobs, name: str, standing: Database, place: Playground
) -> None:
    disk = {"resources": {"disk": "16Mi"}}
    await jobs.submit(name, LONG, standing, stepDefaults=disk)
    pod = await jobs.running_pod(name)
    await place.fill(pod, mebibytes=20)

    status = await fails(jobs, name, "Evicted")
    [step] = status["steps"]
    assert (about(step), step["pod"]) == (("Failed", "Evicted"), pod)
    assert step["message"] == (
        f"Pod ephemeral local storage usage exceeds the total limit of containers 16Mi. {MAKE_ROOM}"
    )
    assert [*await jobs.pods_of(name)] == [pod]


async def test_a_statement_whose_pod_is_deleted_is_not_run_again(
    jobs: Jobs, name: str, standing: Database, place: Playground
) -> None:
    """Argo alone may do so: it makes a pod again that it misses soon after the step's start."""
    await jobs.submit(name, f"{LONG}; {SHORT}", standing, execution="Sequential")
    before = await eventually(lambda: jobs.pods_of(name), bool, what="the step's pod")
    [pod] = before
    await place.running(pod)
    await place.delete_pod(pod)

    status = await fails(jobs, name, "PodDeleted")
    first, second = status["steps"]
    assert (about(first), second["phase"]) == (("Failed", "PodDeleted"), "Skipped")
    assert first["message"] == (f"The step's pod was deleted before the step was done. {NOT_AGAIN}")
    assert status["message"] == f"step {STEP}, line 1: {first['message']}"
    await is_no_other_pod(jobs, name, before)


async def test_a_pod_that_is_deleted_before_its_statement_began_is_made_again(
    jobs: Jobs, name: str, standing: Database, place: Playground
) -> None:
    later = f"{name}-later"
    source = {"dialect": standing.dialect, "secretRef": {"name": later}}
    await jobs.submit(name, SHORT, standing, dataSource=source)
    before = await eventually(lambda: jobs.pods_of(name), bool, what="the step's pod")

    await place.delete_pod(*before)
    await eventually(
        lambda: jobs.pods_of(name),
        lambda it: [*it] == [*before] and it != before,
        what="another pod of the same name",
    )
    await place.create_secret(later, {"dsn": standing.dsn})

    status = await jobs.succeed(name)
    assert status["steps"][0]["attempt"] == 1
    assert await jobs.workflows_of(name) == [status["workflow"]["uid"]]


async def hangs(stage: Stage, standing: Database, *, grace: str) -> str:
    """Have a job whose step ignores SIGTERM; return its pod."""
    stage.processes.start(STOP_GRACE=grace)
    await stage.jobs.submit("one", LONG, standing)
    pod = await stage.jobs.running_pod("one")
    await stage.namespace.freeze(pod)
    return pod


async def is_being_cancelled(stage: Stage, pod: str) -> None:
    """See that a job whose pod lives is not yet called cancelled."""
    waits = f"The job is being cancelled; waits for the end of {pod}"
    status = await stage.jobs.reach("one", lambda it: it.get("message") == waits)
    assert about(status) == ("Running", "Cancelled")
    assert about(status["steps"][0]) == ("Running", "Cancelled")
    assert await stage.namespace.is_running(pod)


async def is_cancelled(stage: Stage) -> None:
    status = await stage.jobs.end("one")
    assert await stage.namespace.running_pods() == []
    assert (about(status), status["message"]) == (
        ("Cancelled", "Cancelled"),
        "The job was cancelled",
    )
    assert about(status["steps"][0]) == ("Cancelled", "Cancelled")
    assert conditions(status) == {
        "Succeeded": ("False", "Cancelled"),
        "Stalled": ("False", "Cancelled"),
    }
    assert len(await stage.workflows()) == 1


async def test_a_step_that_ignores_sigterm_is_killed_after_the_grace_of_graceful(
    stage: Stage, standing: Database
) -> None:
    await hangs(stage, standing, grace="3")
    await stage.patch("one", {"cancel": "Graceful"})
    await is_cancelled(stage)
    assert "pod is killed" in stage.processes.logs()


async def test_immediate_kills_what_graceful_still_waits_for(
    stage: Stage, standing: Database
) -> None:
    pod = await hangs(stage, standing, grace="600")
    await stage.patch("one", {"cancel": "Graceful"})
    await is_being_cancelled(stage, pod)
    await stage.patch("one", {"cancel": "Immediate"})
    await is_cancelled(stage)


async def test_a_job_that_runs_for_too_long_is_ended_with_its_pod(
    jobs: Jobs, name: str, standing: Database, place: Playground
) -> None:
    await jobs.submit(name, LONG, standing, activeDeadlineSeconds=2)

    status = await fails(jobs, name, "DeadlineExceeded")
    [step] = status["steps"]
    assert status["message"] == (
        "The job ran for 2 seconds, its activeDeadlineSeconds. "
        "Raise activeDeadlineSeconds or make the program smaller"
    )
    assert about(step) == ("Cancelled", "DeadlineExceeded")
    assert not await place.is_running(step["pod"])


async def is_refused(jobs: Jobs, name: str, database: Database, own: str, says: str) -> None:
    """See a job fail with what the driver says, whose own word for it the step keeps."""
    await jobs.submit(name, SHORT, database)
    status = await fails(jobs, name, "StepFailed")
    [step] = status["steps"]
    assert about(step) == ("Failed", own)
    assert step["message"].startswith(says)
    assert status["message"] == f"step {STEP}, line 1: {step['message']}"
    assert database.server.password not in str(status)


async def test_a_wrong_password_is_told_without_it(
    jobs: Jobs, name: str, standing: Database
) -> None:
    wrong = replace(standing, server=replace(standing.server, password="no-such-password"))
    says = "mariadb.databases:3306: Access denied for user 'sqlflow'@"
    await is_refused(jobs, name, wrong, "DATA_SOURCE", says)


async def test_a_database_that_is_not_reached_is_named_without_the_password(
    jobs: Jobs, name: str, standing: Database
) -> None:
    engine = replace(standing.server.engine, service="nosuch")
    away = replace(standing, server=replace(standing.server, engine=engine))
    says = "nosuch.databases:3306: Can't connect to MySQL server on 'nosuch.databases'"
    await is_refused(jobs, name, away, "UNAVAILABLE", says)
