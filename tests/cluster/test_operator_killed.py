"""The operator as a process, killed before and after each of its writes, and started anew.

Whatever happens to it, a job has one Workflow, no statement runs twice, and it ends as it should.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlflow_operator.failpoints import EXIT_CODE

from pkg_argo.seen import Seen
from tests.cluster.support import kills
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from tests.cluster.support.databases import Database
    from tests.cluster.support.stages import Stage

LONG = "SELECT SLEEP(60)"
NOT_A_PROGRAM = "SELECT * FROM t TO TRIAN m LABEL y INTO x"


async def die(stage: Stage, *places: str, grace: str = "5") -> None:
    """Start one operator after the other; each dies at its fail point."""
    for place in places:
        killed = stage.processes.start(place, STOP_GRACE=grace)
        assert await stage.processes.died(killed) == EXIT_CODE, place


async def assert_ran_once(stage: Stage) -> None:
    status = await stage.jobs.succeed("one")
    uids = [it["metadata"]["uid"] for it in await stage.workflows()]
    assert uids == [status["workflow"]["uid"]]
    assert len(await stage.namespace.pod_names()) == 1


@pytest.mark.timeout(240)
async def test_a_job_has_one_workflow_wherever_the_operator_is_killed(
    stage: Stage, standing: Database
) -> None:
    async def phase() -> str:
        [workflow] = await stage.workflows()
        return str(workflow.get("status", {}).get("phase"))

    await stage.jobs.submit("one", "SELECT 1 AS a", standing)
    await die(stage, *kills.around(*kills.BEGINS))
    await eventually(phase, lambda it: it == "Succeeded", what="Argo ends it with no operator")
    await die(stage, *kills.around(*kills.ENDS))
    stage.processes.start()
    await assert_ran_once(stage)


async def test_a_job_has_one_workflow_if_the_operator_is_killed_while_it_tells_of_it(
    stage: Stage, standing: Database
) -> None:
    """Before it tells of the Workflow, and after it told of the end."""
    await stage.jobs.submit("one", "SELECT 1 AS a", standing)
    await die(stage, *kills.around(*kills.TELLS))
    stage.processes.start()
    await assert_ran_once(stage)


async def test_a_job_is_suspended_wherever_the_operator_is_killed(
    stage: Stage, standing: Database
) -> None:
    first, *others = kills.around(*kills.SUSPENDS)
    killed = stage.processes.start(first)
    await stage.jobs.submit("long", LONG, standing)
    await stage.in_phase("long", "Running")
    await stage.patch("long", {"suspend": True})
    assert await stage.processes.died(killed) == EXIT_CODE
    await die(stage, *others)
    stage.processes.start()

    async def suspended() -> tuple[bool, str]:
        [workflow] = await stage.workflows()
        return workflow["spec"].get("suspend"), (await stage.jobs.status("long"))["reason"]

    await eventually(suspended, lambda it: it == (True, "Suspended"), what="Argo and users know")


@pytest.mark.timeout(180)
async def test_a_job_whose_program_hangs_is_cancelled_wherever_the_operator_is_killed(
    stage: Stage, standing: Database
) -> None:
    """Its pod outlives the shutdown of the Workflow, and is not to outlive the job."""
    first, *others = kills.around(*kills.CANCELS)
    killed = stage.processes.start(first)
    await stage.jobs.submit("long", LONG, standing)
    [step] = (await stage.in_phase("long", "Running"))["steps"]
    await stage.namespace.freeze(step["pod"])
    await stage.patch("long", {"cancel": "Graceful"})
    assert await stage.processes.died(killed) == EXIT_CODE
    await die(stage, *others, grace="1")
    stage.processes.start()

    status = await stage.jobs.end("long")

    assert (status["phase"], status["steps"][0]["phase"]) == ("Cancelled", "Cancelled")
    assert await stage.namespace.running_pods() == []


async def test_a_restarted_operator_knows_since_when_a_workflow_is_shut_down(
    stage: Stage, standing: Database
) -> None:
    """The API server does: it takes down when a field was written, and by whom."""
    first = stage.processes.start("after-shutdown")
    await stage.jobs.submit("long", LONG, standing, parallelism=1)
    await eventually(stage.workflows, bool, what="the Workflow is there")
    before = datetime.now(UTC).replace(microsecond=0)
    await stage.patch("long", {"cancel": "Graceful"})
    assert await stage.processes.died(first) == EXIT_CODE
    after = datetime.now(UTC)

    [workflow] = await stage.workflows()
    since = Seen(workflow=workflow).shut_down_at
    assert since is not None
    assert before <= since <= after


async def test_a_job_goes_wherever_the_operator_is_killed(stage: Stage, standing: Database) -> None:
    await stage.jobs.submit("bad", NOT_A_PROGRAM, standing, ttlSecondsAfterFinished=0)
    await die(stage, *kills.around(*kills.REMOVES))
    assert await stage.job_names() == []


async def test_a_workflow_that_somebody_deletes_before_it_has_its_program_ran_nothing(
    stage: Stage, database: Database
) -> None:
    """The operator dies before it gives the program; so another Workflow is made, and runs."""
    database.rows("CREATE TABLE written (n INT)")
    await stage.jobs.submit("one", "INSERT INTO written VALUES (1)", database)
    await die(stage, "after-create-workflow")
    [first] = await stage.workflows()
    name = first["metadata"]["name"]
    missing = f'configmap "{name}" not found'
    await eventually(
        lambda: stage.namespace.warnings("FailedMount"),
        lambda it: any(missing in message for message in it),
        what="the step waits for its program",
    )
    await stage.delete_workflow(name)
    await eventually(stage.namespace.pod_names, lambda it: it == [], what="its pod is gone")
    assert database.rows("SELECT n FROM written") == []

    stage.processes.start()
    status = await stage.jobs.succeed("one")

    assert status["workflow"]["uid"] != first["metadata"]["uid"]
    assert database.rows("SELECT n FROM written") == [(1,)]
