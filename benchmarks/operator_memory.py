"""What an operator holds in memory for jobs that run: 250, 500, 1,000 of them.

Argo's controller is stopped, and what it would write of the Workflows is written here: each job has
five steps, of which one is over and one runs, and the operator has mirrored it into its status.
"""

from __future__ import annotations

import asyncio
import re
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import _clusters, _rounds
from benchmarks._clusters import AT_ONCE
from pkg_argo.kube import JOBS, WORKFLOWS
from pkg_argo.kube_api import ApiKube

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkg_argo.kube import Kube, Object
    from tests.cluster.support.clusters import Cluster

SIZES: Final = (250, 500, 1000)
STEPS: Final = 5
SLOPE: Final = 48.0  # KiB
_SECONDS: Final = 300.0
_RESIDENT: Final = re.compile(r"VmRSS:\s+(\d+) kB")


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.argo_stopped(cluster), _clusters.namespaces(cluster) as namespaces:
        namespace = namespaces.make()
        with _clusters.operator(cluster, namespace) as process:
            held = asyncio.run(_fill(namespace, process))
    slope = statistics.linear_regression(list(held), list(held.values())).slope
    yield _rounds.Finding(
        what="memory of the operator with " + ", ".join(map(str, held)) + " live jobs",
        found=", ".join(f"{size / 1024:.0f}" for size in held.values()) + " MiB",
        target="no target",
        met=True,
    )
    yield _rounds.Finding(
        what=f"memory of the operator: for each live job of {STEPS} steps",
        found=f"{slope:.1f} KiB",
        target=f"<= {SLOPE:g} KiB",
        met=slope <= SLOPE,
    )


async def _fill(namespace: str, process: int) -> dict[int, int]:
    """Return the KiB that the operator holds, by the number of jobs that run."""
    program = "; ".join(["SELECT 1 AS a"] * STEPS)
    async with _clusters.client() as api:
        kube, held, there = ApiKube(api), {}, 0
        await _clusters.quiet(process)
        held[0] = _resident(process)
        for size in SIZES:
            jobs = [_clusters.job(namespace, f"j-{i}", program) for i in range(there, size)]
            await _clusters.post(kube, JOBS, jobs, at_once=AT_ONCE)
            await _run(kube, namespace, size)
            await _clusters.quiet(process)
            held[size] = _resident(process)
            there = size
    return held


async def _run(kube: Kube, namespace: str, size: int) -> None:
    """Have the Workflows of all jobs run, and see that their jobs say so."""

    async def run(workflow: Object) -> None:
        await kube.patch(WORKFLOWS, namespace, workflow["metadata"]["name"], _status(workflow))

    await _clusters.until(
        lambda: _has(kube, namespace, size), f"{size} Workflows exist", seconds=_SECONDS
    )
    new = [it for it in await kube.list(WORKFLOWS, namespace) if not it.get("status")]
    await _clusters.each(new, run, at_once=AT_ONCE)
    await _clusters.until(lambda: _mirrored(kube, namespace), "the jobs run", seconds=_SECONDS)


async def _has(kube: Kube, namespace: str, size: int) -> bool:
    return len(await kube.list_metadata(WORKFLOWS, namespace)) >= size


async def _mirrored(kube: Kube, namespace: str) -> bool:
    jobs = await kube.list(JOBS, namespace)
    return all(job.get("status", {}).get("phase") == "Running" for job in jobs)


def _status(workflow: Object) -> dict[str, Any]:
    """Return what Argo would write: the node of the DAG, and one for each pod there was so far."""
    name = workflow["metadata"]["name"]
    times = {"startedAt": workflow["metadata"]["creationTimestamp"]}
    nodes = {name: _node(name, name, "DAG", "Running") | times}
    for at, (step, phase) in enumerate(
        zip(_steps(workflow), ("Succeeded", "Running"), strict=False)
    ):
        node = f"{name}-{at}"
        nodes[node] = _node(node, f"{name}.{step}", "Pod", phase) | times
        nodes[node] |= {"displayName": step, "templateName": step, "boundaryID": name}
        if phase == "Succeeded":
            nodes[node]["finishedAt"] = times["startedAt"]
    return {"status": {"phase": "Running", **times, "progress": f"1/{STEPS}", "nodes": nodes}}


def _steps(workflow: Object) -> list[str]:
    [dag] = (it["dag"] for it in workflow["spec"]["templates"] if "dag" in it)
    return [task["name"] for task in dag["tasks"]]


def _node(node: str, name: str, kind: str, phase: str) -> dict[str, Any]:
    return {"id": node, "name": name, "displayName": name, "type": kind, "phase": phase}


def _resident(process: int) -> int:
    """Return the KiB that a process holds in memory now."""
    found = _RESIDENT.search(Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    assert found, "the kernel tells it of each process that runs"
    return int(found[1])


if __name__ == "__main__":
    _rounds.report(_clusters.on_cluster("memory of the operator", measure))
