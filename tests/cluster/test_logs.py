"""What the API gives of a container's log: while it grows, after it was rotated, at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from kubernetes.aio.client.exceptions import NotFoundException

from tests.cluster.support.playground import WAIT_AT_GATE
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground

# A file of the log is full at 10 MiB, and then replaced when the kubelet next looks, each 10 s.
LINES: Final = 11_000
FULL: Final = [f"{number:06d} {'x' * 993}" for number in range(LINES)]

WRITE_A_FULL_FILE = f"""
import sys
for number in range({LINES}):
    sys.stdout.write(f"{{number:06d}} {{'x' * 993}}\\n")
sys.stdout.flush()
{WAIT_AT_GATE}
print("after the rotation")
"""

END_WHEN_TOLD = """
import signal, sys
def told(number, frame):
    print("told to end", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, told)
print("ready", flush=True)
signal.pause()
"""


async def test_a_log_that_was_rotated_begins_with_its_newest_file(
    cluster: Cluster, namespace: Playground
) -> None:
    await namespace.start(cluster.images["base"], WRITE_A_FULL_FILE)
    async with namespace.following("probe") as lines:
        followed = [(await lines.readline()).decode() for _ in FULL]

        await eventually(
            lambda: namespace.log("probe", limit=100),
            lambda text: text == "",
            what="the kubelet begins a new file",
            seconds=30,
        )
        await namespace.open_gate("probe")
        followed.append((await lines.read()).decode())

    assert "".join(followed) == "".join(f"{line}\n" for line in [*FULL, "after the rotation"])
    assert await namespace.log("probe") == "after the rotation\n"


async def test_a_log_that_was_not_rotated_is_whole(cluster: Cluster, namespace: Playground) -> None:
    program = "for number in range(1000): print(f'{number:06d}')"

    output = await namespace.run(cluster.images["base"], program)

    assert output.splitlines() == [f"{number:06d}" for number in range(1000)]


async def test_a_pod_that_is_deleted_is_told_to_end_and_its_log_ends(
    cluster: Cluster, namespace: Playground
) -> None:
    await namespace.start(cluster.images["base"], END_WHEN_TOLD)
    async with namespace.following("probe") as lines:
        assert await lines.readline() == b"ready\n"

        await namespace.core.delete_namespaced_pod("probe", namespace.name)

        assert await lines.read() == b"told to end\n"
    await eventually(
        namespace.pod_names, lambda names: "probe" not in names, what="the pod is gone"
    )
    with pytest.raises(NotFoundException, match='pods \\\\"probe\\\\" not found'):
        await namespace.log("probe")


async def test_a_log_before_its_container_starts_is_refused_not_raised(
    cluster: Cluster, namespace: Playground
) -> None:
    # Its Secret never comes, so neither does its container.
    await namespace.start(cluster.images["base"], "print('not to be seen')", secret="missing")

    async def refusal() -> str:
        response = await namespace.core.read_namespaced_pod_log_without_preload_content(
            "probe", namespace.name, container="main", follow=True
        )
        async with response:
            return f"{response.status}: {await response.text()}"

    text = await eventually(
        refusal, lambda it: "ContainerCreating" in it, what="the kubelet has taken up the pod"
    )
    assert text.startswith("400: ")
    assert "is waiting to start" in text
