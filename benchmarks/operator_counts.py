"""What jobs cost the API server: writes of a job, and what an operator asks that has nothing to do.

These are counts, of all that the operator asks, so they hold on any machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import _clusters, _rounds
from pkg_argo.kube import JOBS
from pkg_argo.kube_api import ApiKube
from tests.cluster.support.counting import Requests, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkg_argo.kube import Kube
    from tests.cluster.support.clusters import Cluster

STEPS: Final = (1, 5)
IDLE: Final = 60.0
LIVING: Final = 3
"""Jobs that run in the idle minute; as many are over."""
_CALM: Final = 2.0
_END: Final = 240.0


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.namespaces(cluster) as namespaces:
        namespace = namespaces.make()
        _clusters.data_source(cluster, namespace)
        yield from asyncio.run(_measure(cluster, namespace))


async def _measure(cluster: Cluster, namespace: str) -> list[_rounds.Finding]:
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sqlflow-bench-"))
        login, requests = await stack.enter_async_context(
            counted(cluster.flavour.kubeconfig, Path(folder))
        )
        operator = _clusters.operator(cluster, namespace, login)
        # In a thread: it waits for an operator that is to be served by the proxy here meanwhile.
        await asyncio.to_thread(stack.enter_context, operator)
        kube = ApiKube(await stack.enter_async_context(_clusters.client()))
        written = [await _writes(kube, namespace, requests, steps) for steps in STEPS]
        return [*written, await _idle(kube, namespace, requests)]


async def _writes(kube: Kube, namespace: str, requests: Requests, steps: int) -> _rounds.Finding:
    before = await _calm(requests)
    program = "; ".join(["SELECT 1 AS a"] * steps)
    job = _clusters.job(namespace, f"steps-{steps}", program, execution="Sequential")
    await kube.create(JOBS, job)
    await _clusters.phase(kube, job, "Succeeded", seconds=_END)
    writes = Requests.writes(await _calm(requests) - before)
    events = writes.pop("create events", 0)
    most, total = 2 + 3 * steps, sum(writes.values())
    return _rounds.Finding(
        what=f"writes for a job of {steps} steps, each Pending, Running, Succeeded",
        found=f"{total}, and {events} Events",
        target=f"<= 2 + {3 * steps}",
        met=total <= most,
    )


async def _idle(kube: Kube, namespace: str, requests: Requests) -> _rounds.Finding:
    """Count while as many jobs run as are over: the short ones, and those of before."""
    jobs = {
        (phase, i): _clusters.job(namespace, f"{phase.lower()}-{i}", program)
        for phase, program in (("Running", "SELECT SLEEP(600)"), ("Succeeded", "SELECT 1 AS a"))
        for i in range(LIVING)
    }
    await _clusters.post(kube, JOBS, list(jobs.values()), at_once=1)
    for (phase, _), job in jobs.items():
        await _clusters.phase(kube, job, phase, seconds=_END)
    before = await _calm(requests)
    await asyncio.sleep(IDLE)
    since = requests.since(before)
    asked = {name: n for name, n in since.items() if not name.startswith("watch ")}
    return _rounds.Finding(
        what=f"asked in an idle minute, with {LIVING} jobs that run and more that are over",
        found=", ".join(f"{n} {name}" for name, n in asked.items()) or "nothing",
        target="no write, no list",
        met=not asked,
    )


async def _calm(requests: Requests) -> Counter[str]:
    """Wait until nothing has been asked for some seconds; return what was until then."""
    seen = Counter[str]()
    while seen != requests.counts:
        seen = requests.counts.copy()
        await asyncio.sleep(_CALM)
    return seen


if __name__ == "__main__":
    _rounds.report(_clusters.on_cluster("writes of a job, and an idle minute", measure))
