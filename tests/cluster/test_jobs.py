"""Jobs that run: `kubectl apply` of a SQL program, and what becomes of it.

The operator is the one that Helm installed, in its pod, with the rights that the chart gives it.
"""

from __future__ import annotations

import base64
import json
import textwrap
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from devcluster.places import PROJECT
from tests.cluster.support.databases import ENGINES
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.databases import Database
    from tests.cluster.support.jobs import Jobs
    from tests.cluster.support.operators import Operator

TWO_STATEMENTS = """
CREATE TABLE numbers AS SELECT 1 AS n;
INSERT INTO numbers SELECT n + 1 FROM numbers;
"""


@pytest.mark.parametrize("database", ENGINES, indirect=True)
async def test_a_program_of_two_statements_succeeds_and_kubectl_shows_it_move(
    jobs: Jobs, name: str, database: Database
) -> None:
    await jobs.submit(name, TWO_STATEMENTS, database)

    seen: list[tuple[str, str]] = []

    async def look() -> str:
        shown = await jobs.shown(name)
        seen.append((shown["PHASE"], shown["STEP"]))
        return shown["PHASE"]

    await eventually(look, lambda phase: phase == "Succeeded", what=f"job {name} succeeds")

    moves = list(dict.fromkeys(seen))
    assert ("Running", "s01-create") in moves
    assert moves.index(("Running", "s01-create")) < moves.index(("Running", "s02-insert"))
    assert database.rows("SELECT n FROM numbers ORDER BY n") == [(1,), (2,)]


async def test_a_job_that_succeeded_tells_of_each_step(
    jobs: Jobs, name: str, database: Database
) -> None:
    await jobs.submit(name, TWO_STATEMENTS, database)

    status = await jobs.succeed(name)

    assert status["progress"] == "2/2"
    assert [(it["id"], it["phase"]) for it in status["steps"]] == [
        ("s01-create", "Succeeded"),
        ("s02-insert", "Succeeded"),
    ]
    first, second = status["steps"]
    assert first["startedAt"] <= first["finishedAt"] <= second["startedAt"] <= second["finishedAt"]
    assert {it["type"]: it["status"] for it in status["conditions"]} == {
        "Accepted": "True",
        "WorkflowCreated": "True",
        "Succeeded": "True",
        "Stalled": "False",
    }


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ENGINES, indirect=True)
async def test_the_iris_program_with_its_data_and_its_model_in_the_database(
    jobs: Jobs, name: str, database: Database
) -> None:
    program = (PROJECT / "examples" / "iris_mysql.sql").read_text("utf-8")

    await jobs.submit(name, program, database)
    await jobs.succeed(name, seconds=240)

    assert database.rows(
        "SELECT species, count(*) FROM iris GROUP BY species ORDER BY species"
    ) == [
        ("setosa", 50),
        ("versicolor", 50),
        ("virginica", 50),
    ]
    assert database.rows("SELECT model FROM sqlflow_models") == [("iris_model",)]
    [(accuracy,)] = database.rows("SELECT accuracy FROM iris_evaluation")
    assert accuracy == pytest.approx(29 / 30)
    assert database.rows(
        "SELECT species, predicted, count(*) FROM iris JOIN iris_predicted"
        " ON iris.id = iris_predicted.id GROUP BY species, predicted ORDER BY species, predicted"
    ) == [
        ("setosa", "setosa", 10),
        ("versicolor", "versicolor", 9),
        ("versicolor", "virginica", 1),
        ("virginica", "virginica", 10),
    ]


@pytest.mark.parametrize("database", ENGINES, indirect=True)
async def test_the_password_is_nowhere_but_in_its_secret(
    cluster: Cluster, operator: Operator, jobs: Jobs, name: str, database: Database
) -> None:
    await jobs.submit(name, f"{TWO_STATEMENTS}; SELECT * FROM no_such_table;", database)
    assert (await jobs.end(name))["phase"] == "Failed"

    password = cluster.database_password()
    forms = (password, quote(password, safe=""), base64.b64encode(password.encode()).decode())
    found = {
        what: [form for form in forms if form in text]
        for what, text in (
            ("objects", everything(cluster)),
            ("logs of the steps", logs(cluster, operator.jobs)),
            ("log of the operator", operator.log()),
        )
    }
    assert found == {"objects": [], "logs of the steps": [], "log of the operator": []}


async def test_prometheus_is_told_of_jobs_that_ended(
    operator: Operator, jobs: Jobs, name: str, database: Database
) -> None:
    await jobs.submit(name, "SELECT * FROM no_such_table", database)
    await jobs.end(name)

    assert 'sqlflow_operator_jobs_ended_total{phase="Failed",reason="StepFailed"}' in (
        operator.metrics()
    )


def test_the_chart_tells_of_a_job_that_the_api_server_takes(
    cluster: Cluster, operator: Operator
) -> None:
    told = operator.helm.notes(operator.namespace)

    job = textwrap.dedent(told.partition("<<'END'\n")[2].partition("  END\n")[0])
    taken = cluster.kubectl.run(
        *("apply", "--dry-run=server", "--validate=strict", f"--namespace={operator.jobs}"),
        *("--filename=-", "--output=name"),
        stdin=job,
    )
    assert taken == "sqlflowjob.sqlflow.org/hello\n"


def everything(cluster: Cluster) -> str:
    """Return all objects of the cluster that can be listed, but Secrets."""
    run = cluster.kubectl.run
    kinds = set(run("api-resources", "--verbs=list", "--output=name").split()) - {"secrets"}
    return run("get", ",".join(sorted(kinds)), "--all-namespaces", "--output=yaml")


def logs(cluster: Cluster, namespace: str) -> str:
    """Return what all containers of all pods of a namespace have written."""
    run = cluster.kubectl.run
    pods = json.loads(run("get", "pods", f"--namespace={namespace}", "--output=json"))["items"]
    return "\n".join(
        run(
            *("logs", pod["metadata"]["name"], f"--namespace={namespace}"),
            *("--all-containers", "--tail=-1"),
        )
        for pod in pods
    )
