"""Run on the cluster against direct POSTs of the same objects: the slowest of each hundred.

Nothing else is at work: no operator serves the namespace. Run plans the program, makes the job and
then the Secret with the data source, which the job owns, so it waits for two answers, one after the
other; so does whoever makes both by hand. The ratio to a POST of the job alone is told beside it
(see docs/adr/0009-run-waits-for-two-writes.md). The sides take turns, call by call.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from typing import TYPE_CHECKING, Final

from sqlflow_server.runners.kubernetes import submitting

from benchmarks import _clusters, _rounds
from benchmarks._servers import Server, in_front
from pkg_argo.kube import JOBS, SECRETS
from pkg_argo.kube_api import ApiKube

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pkg_argo.kube import Kube
    from tests.cluster.support.clusters import Cluster

CALLS: Final = 1000
WARM: Final = 20
SLOWEST: Final = 2.0
PROGRAM: Final = "CREATE TABLE b AS SELECT 1 AS a; SELECT * FROM b"
DSN: Final = "mysql://user:password@mariadb.databases/sqlflow"


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.namespaces(cluster) as namespaces:
        ours, theirs = namespaces.make(), namespaces.make()
        with in_front(ours) as server:
            run, post, both = asyncio.run(_in_turns(server, ours, theirs))
    ratio, typical = _slow(run) / _slow(both), _median(run) / _median(both)
    yield _rounds.Finding(
        what=f"Run, to POSTs of its job and Secret: the slowest of a hundred ({CALLS} calls)",
        found=(
            f"{ratio:.2f}x, {_slow(run) * 1000:.0f} ms (the median {typical:.2f}x); "
            f"to a POST of the job alone {_slow(run) / _slow(post):.2f}x"
        ),
        target=f"<= {SLOWEST:g}x",
        met=ratio <= SLOWEST,
    )


def _slow(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[-1]


def _median(times: list[float]) -> float:
    return statistics.median(times)


async def _in_turns(
    server: Server, ours: str, theirs: str
) -> tuple[list[float], list[float], list[float]]:
    """Return the seconds of each Run, of each POST, and of each POST of job and Secret."""
    run: list[float] = []
    post: list[float] = []
    both: list[float] = []
    async with _clusters.client() as api:
        kube = ApiKube(api)
        server.run(PROGRAM, data_source=DSN)
        [made] = await kube.list(JOBS, ours)
        gc.collect()
        gc.freeze()  # As the server does, so that neither side waits for a collection.
        for turn in range(-WARM, CALLS):
            first, second = await _by_hand(kube, made, theirs, f"b{turn}")
            third = _rounds.timed(lambda: server.run(PROGRAM, data_source=DSN))
            if turn >= 0:
                post.append(first)
                both.append(first + second)
                run.append(third)
    return run, post, both


async def _by_hand(
    kube: Kube, made: dict[str, object], namespace: str, name: str
) -> tuple[float, float]:
    """Post a job like another, and its Secret; return the seconds of each."""
    meta = {"name": name.replace("-", "w"), "namespace": namespace}
    body = {"apiVersion": made["apiVersion"], "kind": made["kind"], "spec": made["spec"]}
    start = time.perf_counter()
    job = await kube.create(JOBS, {**body, "metadata": meta})
    between = time.perf_counter()
    await kube.create(SECRETS, submitting.secret(job, DSN))
    return between - start, time.perf_counter() - between


if __name__ == "__main__":
    _rounds.report(_clusters.on_cluster("Run, to POSTs of its job and Secret", measure))
