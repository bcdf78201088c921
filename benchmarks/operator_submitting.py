"""Jobs until their Workflows exist, against a bare poster of the same Workflows.

Argo's controller is stopped, so that nothing else is at work. Both sides use the same client and as
many requests at the same time. The clock starts with the first object that is posted: for the
operator that is a job, whose posting it has to bear as well.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks import _clusters, _rounds
from benchmarks._clusters import AT_ONCE, Template
from pkg_argo.kube import JOBS, WORKFLOWS
from pkg_argo.kube_api import ApiKube

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubernetes.aio.client import ApiClient

    from pkg_argo.kube import Kube, Object, Resource
    from tests.cluster.support.clusters import Cluster

SIZES: Final = (100, 200, 400)
ROUNDS: Final = 3
SLOWEST: Final = 2.0
PROGRAM: Final = "CREATE TABLE b AS SELECT 1 AS a; SELECT * FROM b"
_SIDES: Final = ("operator", "poster", "serial")


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.argo_stopped(cluster), _clusters.namespaces(cluster) as namespaces:
        ours, theirs = namespaces.make(), namespaces.make()
        with _clusters.operator(cluster, ours) as process:
            times = asyncio.run(_in_turns(ours, theirs, process))
    operator, poster, serial = ([times[side, size] for size in SIZES] for side in _SIDES)
    for size, mine, bare, slow in zip(SIZES, operator, poster, serial, strict=True):
        ratio, other = _rounds.ratio(mine, bare), _rounds.ratio(mine, slow)
        yield _rounds.Finding(
            what=f"{size} jobs until their Workflows exist, to posting these {AT_ONCE} at a time",
            found=f"{ratio}, {other.median:.2f}x one at a time",
            target=f"<= {SLOWEST:g}x",
            met=ratio.median <= SLOWEST,
        )
    exponent = _rounds.exponent(SIZES, [statistics.median(it) for it in operator])
    yield _rounds.Finding(
        what=f"{', '.join(map(str, SIZES))} jobs until their Workflows exist: growth of the time",
        found=f"exponent {exponent:.2f}",
        target="<= 1.10",
        met=exponent <= 1.1,
    )


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides, each in a namespace of its own.

    Attributes:
        process: of the operator.
    """

    api: ApiClient
    ours: str
    theirs: str
    process: int

    @property
    def kube(self) -> Kube:
        return ApiKube(self.api)

    async def operator(self, name: str, size: int) -> float:
        """Post jobs; return the seconds until their Workflows exist."""
        jobs = [_clusters.job(self.ours, f"{name}-{i}", PROGRAM) for i in range(size)]
        seconds = await self._timed(JOBS, jobs, self.ours, AT_ONCE)
        await _clusters.quiet(self.process)
        return seconds

    async def poster(self, template: Template, name: str, size: int, at_once: int) -> float:
        """Post Workflows; return the seconds until they exist."""
        bodies = [template.named(self.theirs, f"{name}-{i}") for i in range(size)]
        return await self._timed(WORKFLOWS, bodies, self.theirs, at_once)

    async def _timed(
        self, resource: Resource, bodies: Sequence[Object], namespace: str, at_once: int
    ) -> float:
        all_there = await _clusters.count(self.api, namespace, WORKFLOWS) + len(bodies)

        async def are_there() -> bool:
            return await _clusters.count(self.api, namespace, WORKFLOWS) >= all_there

        start = time.perf_counter()
        await _clusters.post(self.kube, resource, bodies, at_once=at_once)
        await _clusters.until(are_there, f"{len(bodies)} Workflows exist")
        return time.perf_counter() - start


async def _in_turns(ours: str, theirs: str, process: int) -> dict[tuple[str, int], list[float]]:
    """Measure all sides at all sizes in turns, after a job that does not count."""
    times: dict[tuple[str, int], list[float]] = {}
    async with _clusters.client() as api:
        sides = Sides(api, ours, theirs, process)
        await sides.operator("warm", 1)
        [made] = await sides.kube.list(WORKFLOWS, ours)
        template = Template(made)
        for turn in range(ROUNDS):
            for size in SIZES:
                name = f"{turn}-{size}"
                for side, seconds in (
                    ("operator", await sides.operator(f"o-{name}", size)),
                    ("poster", await sides.poster(template, f"p-{name}", size, AT_ONCE)),
                    ("serial", await sides.poster(template, f"s-{name}", size, 1)),
                ):
                    times.setdefault((side, size), []).append(seconds)
    return times


if __name__ == "__main__":
    _rounds.report(_clusters.on_cluster("jobs until their Workflows exist", measure))
