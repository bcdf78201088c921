"""The clients in front of the cluster: a job there looks as one of this machine does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from devcluster.places import PROJECT
from sqlflow.client import Client
from sqlflow.client.snapshots import JobStatus
from tests.conformance.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.support.databases import Database
    from tests.cluster.support.replicas import Replicas

EXAMPLE = PROJECT / "examples" / "run_and_fetch.py"
IRIS = (PROJECT / "examples" / "iris_mysql.sql").read_text("utf-8")
LINK = r"https://argo\.test/workflows/[a-z0-9-]+/sql-[a-z0-9-]+"
MINUTES = 180.0

PROGRAM = """
CREATE TABLE numbers AS SELECT seq AS n, CONCAT('é', seq) AS name FROM seq_1_to_30;
SELECT * FROM numbers ORDER BY n;
SELECT nothing FROM numbers;
SELECT 2 AS never
"""


def long_training(folder: Path) -> Path:
    """Write the program of the example, up to its training, which is made to take its time."""
    load, _, _ = IRIS.partition("TO EVALUATE")
    text = load.rpartition("SELECT * FROM iris")[0].replace("num_boost_round = 20", ROUNDS)
    file = folder / "training.sql"
    file.write_text(text, "utf-8")
    return file


ROUNDS = "num_boost_round = 3000"


def test_the_plain_loop_prints_the_first_lines_of_a_training_while_it_runs(
    replicas: Replicas, database: Database, tmp_path: Path
) -> None:
    command = [sys.executable, str(EXAMPLE), replicas.start().address]
    done = subprocess.run(
        [*command, str(long_training(tmp_path)), database.dsn],
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=True,
    )

    first, *lines = done.stdout.splitlines()
    assert re.fullmatch(rf"sql-[0-9a-f]+ {LINK}", first)
    rounds = [line for line in lines if '"event":"progress"' in line.replace(" ", "")]
    assert rounds[0].startswith("RUNNING 4 STATUS ")
    assert any(line.startswith("RUNNING") for line in rounds[1:200])
    assert lines[-1].startswith("SUCCEEDED 0 STATUS ")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def alike(text: str) -> str:
    """Return what a command showed without what differs from run to run: ids, links, times."""
    text = re.sub(rf"^{LINK}\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"(?m)^job \S+$", "job ID", text)
    return re.sub(r" in [0-9.]+ s", " in TIME", text)


@pytest.mark.parametrize("output", ["table", "csv"])
def test_the_command_shows_a_job_of_the_cluster_as_one_of_this_machine(
    replicas: Replicas, database: Database, shell: Shell, output: str
) -> None:
    address = replicas.start().address
    options = ("--execute", PROGRAM, "--sequential", "--output", output)
    here = database.server.dsn(database.name, f"127.0.0.1:{database.server.port}")

    there = shell.run("run", *options, "--server", address, "--data-source", database.dsn)
    database.rows("DROP TABLE numbers")
    local = shell.run("run", *options, "--data-source", here)

    assert (there.code, alike(there.out)) == (local.code, alike(local.out)) == (1, local.out)
    assert alike(there.err) == alike(local.err)
    name, link = there.err.splitlines()[:2]
    assert re.fullmatch(LINK, link)

    for job in (name.removeprefix("job "), link):
        again = shell.run("attach", job, "--server", address, "--output", output)
        assert (again.code, again.out, again.err) == (there.code, there.out, there.err)


def test_the_other_commands_find_a_job_of_the_cluster(
    replicas: Replicas, database: Database, shell: Shell
) -> None:
    address = replicas.start().address
    shell.server = address
    started = shell.run(
        *("run", "--detach", "--execute", "SELECT SLEEP(600)", "--data-source", database.dsn)
    )
    job = started.out.strip()

    status = shell.run("status", job)
    listed = shell.run("jobs", "--output", "json")
    ended = shell.run("cancel", job, "--now")
    attached = shell.run("attach", job)

    assert re.fullmatch(LINK, status.out.splitlines()[1])
    assert json.loads(listed.out)["id"] == job
    assert ended.code == 0
    assert (attached.code, attached.err.splitlines()[-1]) == (1, CANCELLED)


CANCELLED = "job cancelled: The job was cancelled"


def test_the_python_client_reads_a_job_of_the_cluster_to_its_end(
    replicas: Replicas, database: Database
) -> None:
    with Client(replicas.start().address) as client:
        job = client.run("SELECT 1 AS a, 'é' AS b", data_source=database.dsn)
        assert re.fullmatch(LINK, job.monitor_url)
        assert job.result().table.rows == [(1, "é")]
        assert client.attach(job.monitor_url).snapshot.status is JobStatus.SUCCEEDED
