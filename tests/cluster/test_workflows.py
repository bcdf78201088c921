"""An Argo Workflow runs its steps, and their logs can be read while they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster.support import workflows
from tests.cluster.support.playground import OF_THE_EXECUTOR, WAIT_AT_GATE

if TYPE_CHECKING:
    from tests.cluster.support.clusters import Cluster

from tests.cluster.support.playground import Playground

GATED = f"""
print("before the gate")
{WAIT_AT_GATE}
print("after the gate")
"""


async def test_the_log_of_each_of_two_steps_is_read_while_it_runs(
    cluster: Cluster, namespace: Playground
) -> None:
    image = cluster.images["base"]
    await workflows.submit(namespace, "two", image, {"first": GATED, "second": GATED})

    for step in ("first", "second"):
        pod = await workflows.pod_of(namespace, "two", step)
        async with namespace.following(pod) as lines:
            # The program goes no further until its gate is opened below: so this line is live.
            assert await lines.readline() == b"before the gate\n"
            await namespace.open_gate(pod)
            assert await lines.readline() == b"after the gate\n"
            assert OF_THE_EXECUTOR in (await lines.readline()).decode()
            assert await lines.read() == b""

    await workflows.succeed(namespace, "two")


async def test_a_step_that_fails_says_why(cluster: Cluster, namespace: Playground) -> None:
    program = """
open("/dev/termination-log", "w").write("no such table: iris")
raise SystemExit(3)
"""
    await workflows.submit(namespace, "failing", cluster.images["base"], {"only": program})

    status = await workflows.end_of(namespace, "failing")

    assert status["phase"] == "Failed"
    assert status["steps"]["only"] == "Failed: main: Error (exit code 3): no such table: iris"
