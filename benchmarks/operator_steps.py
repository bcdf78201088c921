"""A program of 1 and of 5 steps, as a job, against a Workflow written by hand for the same pods.

Same image, command, ConfigMap and Secret: the Workflow is the one that an operator made, under
another name. A job is over when its status says so.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from benchmarks import _clusters, _rounds
from benchmarks._clusters import Template
from pkg_argo.kube import JOBS, WORKFLOWS
from pkg_argo.kube_api import ApiKube

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkg_argo.kube import Kube
    from tests.cluster.support.clusters import Cluster

ROUNDS: Final = {1: 5, 5: 3}
"""How often each number of steps is measured."""
SLOWEST: Final = 1.10
_END: Final = 240.0


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.namespaces(cluster) as namespaces:
        namespace = namespaces.make()
        _clusters.data_source(cluster, namespace)
        with _clusters.operator(cluster, namespace):
            for steps, rounds in ROUNDS.items():
                ours, theirs = asyncio.run(_in_turns(namespace, steps, rounds))
                ratio = _rounds.ratio(ours, theirs)
                yield _rounds.Finding(
                    what=f"a job of {steps} steps, to a Workflow of the same pods",
                    found=str(ratio),
                    target=f"<= {SLOWEST:.2f}x",
                    met=ratio.median <= SLOWEST,
                )


async def _in_turns(namespace: str, steps: int, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of jobs and of Workflows, after a job that does not count."""
    async with _clusters.client() as api:
        kube, ours, theirs = ApiKube(api), [], []
        await _job(kube, namespace, f"warm-{steps}", steps)
        found = await kube.list(WORKFLOWS, namespace)
        template = Template(next(it for it in found if f"warm-{steps}" in it["metadata"]["name"]))
        for turn in range(rounds):
            ours.append(await _job(kube, namespace, f"job-{steps}-{turn}", steps))
            theirs.append(await _workflow(kube, namespace, template, f"bare-{steps}-{turn}"))
    return ours, theirs


async def _job(kube: Kube, namespace: str, name: str, steps: int) -> float:
    program = "; ".join(["SELECT 1 AS a"] * steps)
    body = _clusters.job(namespace, name, program, execution="Sequential")
    start = time.perf_counter()
    await kube.create(JOBS, body)
    await _clusters.phase(kube, body, "Succeeded", seconds=_END)
    return time.perf_counter() - start


async def _workflow(kube: Kube, namespace: str, template: Template, name: str) -> float:
    body = template.named(namespace, name)
    start = time.perf_counter()
    await kube.create(WORKFLOWS, body)
    await _clusters.phase(kube, body, "Succeeded", seconds=_END)
    return time.perf_counter() - start


if __name__ == "__main__":
    _rounds.report(
        _clusters.on_cluster("a program's steps, to a Workflow of the same pods", measure)
    )
