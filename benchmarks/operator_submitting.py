"""Jobs until their Workflows exist, against a bare poster: a loop that creates these Workflows.

Argo's controller is stopped, so that nothing else is at work. The operator sleeps until the jobs
are there, as it would after a restart, and the clock starts when it wakes; a poster has its
Workflows at hand, too. Told beside that: the time with the posting of the jobs, while the operator
is awake, and a poster who has as many requests under way as the operator has workers.
"""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks import _clusters, _rounds
from benchmarks._clusters import AT_ONCE, Template
from pkg_argo.kube import JOBS, WORKFLOWS
from pkg_argo.kube_api import ApiKube

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from kubernetes.aio.client import ApiClient

    from pkg_argo.kube import Kube
    from tests.cluster.support.clusters import Cluster

SIZES: Final = (100, 200, 400)
ROUNDS: Final = 5
SLOWEST: Final = 2.0
PROGRAM: Final = "CREATE TABLE b AS SELECT 1 AS a; SELECT * FROM b"
_SIDES: Final = ("backlog", "serial", "poster", "posted")


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.argo_stopped(cluster), _clusters.namespaces(cluster) as namespaces:
        ours, theirs = namespaces.make(), namespaces.make()
        with _clusters.operator(cluster, ours) as process:
            times = asyncio.run(_in_turns(ours, theirs, process))
    found = {side: [times[side, size] for size in SIZES] for side in _SIDES}
    for size, mine, loop, eight, posted in zip(SIZES, *found.values(), strict=True):
        ratio = _rounds.ratio(mine, loop)
        yield _rounds.Finding(
            what=f"{size} jobs until their Workflows exist, to a loop that posts these",
            found=(
                f"{ratio}; to {AT_ONCE} posts at a time {_rounds.ratio(mine, eight)}, "
                f"with the posting of the jobs {_rounds.ratio(posted, eight)}"
            ),
            target=f"<= {SLOWEST:g}x the loop",
            met=ratio.median <= SLOWEST,
        )
    exponent = _rounds.exponent(SIZES, [statistics.median(it) for it in found["backlog"]])
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

    async def backlog(self, name: str, size: int) -> float:
        """Have jobs wait for the operator; return the seconds that it takes from there."""

        async def wake() -> None:
            os.kill(self.process, signal.SIGCONT)

        os.kill(self.process, signal.SIGSTOP)
        try:
            await self._post_jobs(name, size)
        except BaseException:
            await wake()
            raise
        return await self._of_operator(wake, size)

    async def posted(self, name: str, size: int) -> float:
        """Post jobs; return the seconds until their Workflows exist."""
        return await self._of_operator(lambda: self._post_jobs(name, size), size)

    async def poster(self, template: Template, name: str, size: int, at_once: int) -> float:
        """Post Workflows; return the seconds until they exist."""
        bodies = [template.named(self.theirs, f"{name}-{i}") for i in range(size)]
        post = _clusters.post(self.kube, WORKFLOWS, bodies, at_once=at_once)
        return await self._timed(lambda: post, size, self.theirs)

    async def _post_jobs(self, name: str, size: int) -> None:
        jobs = [_clusters.job(self.ours, f"{name}-{i}", PROGRAM) for i in range(size)]
        await _clusters.post(self.kube, JOBS, jobs, at_once=AT_ONCE)

    async def _of_operator(self, work: Callable[[], Awaitable[None]], size: int) -> float:
        seconds = await self._timed(work, size, self.ours)
        await _clusters.quiet(self.process)
        return seconds

    async def _timed(self, work: Callable[[], Awaitable[None]], size: int, namespace: str) -> float:
        """Return the seconds from the work's beginning until there are so many more Workflows."""
        all_there = await _clusters.count(self.api, namespace, WORKFLOWS) + size

        async def are_there() -> bool:
            return await _clusters.count(self.api, namespace, WORKFLOWS) >= all_there

        start = time.perf_counter()
        await work()
        await _clusters.until(are_there, f"{size} Workflows exist")
        return time.perf_counter() - start


async def _in_turns(ours: str, theirs: str, process: int) -> dict[tuple[str, int], list[float]]:
    """Measure all sides at all sizes in turns, after a job that does not count."""
    times: dict[tuple[str, int], list[float]] = {}
    async with _clusters.client() as api:
        sides = Sides(api, ours, theirs, process)
        await sides.posted("warm", 1)
        [made] = await sides.kube.list(WORKFLOWS, ours)
        template = Template(made)
        for turn in range(ROUNDS):
            for size in SIZES:
                name = f"{turn}-{size}"
                for side, seconds in (
                    ("backlog", await sides.backlog(f"b-{name}", size)),
                    ("serial", await sides.poster(template, f"s-{name}", size, 1)),
                    ("poster", await sides.poster(template, f"p-{name}", size, AT_ONCE)),
                    ("posted", await sides.posted(f"o-{name}", size)),
                ):
                    times.setdefault((side, size), []).append(seconds)
    return times


if __name__ == "__main__":
    _rounds.report(_clusters.on_cluster("jobs until their Workflows exist", measure))
