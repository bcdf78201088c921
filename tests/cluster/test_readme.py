"""What the README tells to type, typed: `make deploy`, and a job from its Secret to its end."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from devcluster.places import PROJECT
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.support.clusters import Cluster, Namespaces
    from tests.cluster.support.databases import Server
    from tests.cluster.support.helm import Helm

SECTION: Final = "\n## Run it on Kubernetes\n"
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
ALIAS: Final = f"kubectl() {{ '{sys.executable}' -m devcluster kubectl \"$@\"; }}\n"
TABLES: Final = (
    "iris",
    "iris_evaluation",
    "iris_predicted",
    "sqlflow_models",
    "sqlflow_model_parts",
)


@pytest.fixture
def deployed(helm: Helm, namespaces: Namespaces) -> Iterator[str]:
    """What `make deploy` does, in namespaces of the test's own; return that of jobs."""
    operator, jobs = namespaces.make_bare(), namespaces.make()
    subprocess.run([PROJECT / "tools" / "deploy", operator, jobs], check=True)
    yield jobs
    helm.uninstall(operator)


@pytest.fixture
def mariadb(servers: dict[str, Server]) -> Iterator[Server]:
    """The server whose database `sqlflow` the README uses."""
    yield servers["mariadb"]
    for table in TABLES:
        servers["mariadb"].execute("sqlflow", f"DROP TABLE IF EXISTS {table}")


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("mariadb")
async def test_the_commands_of_the_readme_do_what_it_says(cluster: Cluster, deployed: str) -> None:
    text = (PROJECT / "README.md").read_text("utf-8").partition(SECTION)[2].partition("\n## ")[0]
    submit, look, cancel = (
        block.replace("sqlflow-jobs", deployed) for block in BLOCK.findall(text)
    )

    await typed(submit.replace(" --watch", ""))
    seen = await typed(look)
    await typed(cancel)

    assert "All steps succeeded: 9/9" in seen
    assert "Done evaluating: loss = 0.1468" in seen
    assert "| 0.9666666666666667 |" in seen

    async def left() -> str:
        kinds = "sqlflowjobs,workflows,pods,secrets"
        return cluster.kubectl.run("get", kinds, f"--namespace={deployed}", "--output=name")

    # Kubernetes deletes what a job owns after the job.
    await eventually(left, lambda it: it == "", what="nothing is left")


async def typed(commands: str) -> str:
    """Run commands from the project's folder; return what they print. Each has to succeed."""
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-euo", "pipefail", "-c", ALIAS + commands],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
