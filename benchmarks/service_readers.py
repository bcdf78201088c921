"""A hundred clients: what they cost the API server, and the server.

First they poll a hundred jobs. These are real objects that no operator serves, so each stays as it
is, and every poll finds nothing. All that the server asks goes through a proxy that counts. What
has to be asked for as long as one listens (a watch that is opened anew) is told apart from what a
poll costs.

Then they read jobs that are over, all at once, of which the logs are more than the server may hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.duration_pb2 import Duration

from benchmarks import _clusters, _rounds
from benchmarks._servers import Server, in_front, large, size
from pkg_argo.kube import JOBS
from pkg_argo.kube_api import ApiKube
from pkg_argo.tails import BUDGET
from sqlflow.v1 import sqlflow_pb2 as pb
from tests.cluster.support import databases
from tests.cluster.support.counting import Requests, counted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from tests.cluster.support.clusters import Cluster

CLIENTS: Final = 100
POLLS: Final = 10
WAIT: Final = 0.2
"""Seconds that a poll waits for news."""
GROWTH: Final = 32 * 2**20
"""Bytes that the server may need more for these clients: a third of a MiB for each."""
LARGE: Final = 40
"""Jobs with logs of 7.5 MiB: together more than the budget of all logs."""
ROWS: Final = 320
HOLDS: Final = BUDGET * 5 // 4 + CLIENTS * 2**20
"""Bytes: a growing buffer has room for an eighth more, and each client is sent a page."""
_MIB: Final = 2**20


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.namespaces(cluster) as namespaces:
        yield from asyncio.run(_polls(cluster, namespaces.make()))
        yield _logs(cluster, namespaces.make())


def _logs(cluster: Cluster, namespace: str) -> _rounds.Finding:
    """Have all clients read finished jobs at once, of a server that has read none of them."""
    dsn = databases.standing(cluster).dsn
    with _clusters.operator(cluster, namespace), in_front(namespace) as server:
        jobs = [server.run(large(ROWS), data_source=dsn) for _ in range(LARGE)]
        for job in jobs:
            size(server.read(job))
    with in_front(namespace) as server, ThreadPoolExecutor(CLIENTS) as clients:
        before = server.peak
        sizes = list(clients.map(lambda i: size(server.read(jobs[i % LARGE])), range(CLIENTS)))
        growth = server.peak - before
    assert min(sizes) > ROWS * 24 * 1024, "a transcript is not whole"
    return _rounds.Finding(
        what=f"memory of the server while {CLIENTS} clients read {LARGE} logs of"
        f" {sizes[0] / _MIB:.1f} MiB at once",
        found=f"{growth / _MIB:.0f} MiB",
        target=f"<= {HOLDS / _MIB:.0f} MiB",
        met=growth <= HOLDS,
    )


async def _polls(cluster: Cluster, namespace: str) -> list[_rounds.Finding]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        login, requests = await stack.enter_async_context(
            counted(cluster.flavour.kubeconfig, folder)
        )
        jobs = await _jobs(namespace)
        asked, growth = await asyncio.to_thread(_poll, namespace, login, jobs, requests)
    asked.pop("watch sqlflowjobs", None)
    asked.pop("watch pods", None)
    return [
        _rounds.Finding(
            what=f"requests to the API server for {CLIENTS * POLLS} polls of {CLIENTS} jobs",
            found=f"{asked.total()}{' ' + str(dict(asked)) if asked else ''}",
            target="0",
            met=not asked,
        ),
        _rounds.Finding(
            what=f"memory of the server for {CLIENTS} clients that poll",
            found=f"{growth / _MIB:.1f} MiB",
            target=f"<= {GROWTH / _MIB:.0f} MiB",
            met=growth <= GROWTH,
        ),
    ]


async def _jobs(namespace: str) -> list[str]:
    names = [f"job-{i}" for i in range(CLIENTS)]
    async with _clusters.client() as api:
        bodies = [_clusters.job(namespace, name, "SELECT 1 AS a") for name in names]
        await _clusters.post(ApiKube(api), JOBS, bodies, at_once=_clusters.AT_ONCE)
    return names


def _poll(
    namespace: str, login: Path, jobs: list[str], requests: Requests
) -> tuple[Counter[str], int]:
    """Have each client poll its job; return what was asked meanwhile, and the server's growth."""
    with in_front(namespace, kubeconfig=login) as server, ThreadPoolExecutor(CLIENTS) as clients:
        tokens = list(clients.map(lambda job: _one(server, job, ""), jobs))
        before, memory = requests.counts.copy(), server.peak
        polled = clients.map(lambda it: _client(server, *it), zip(jobs, tokens, strict=True))
        assert all(polled)
        return requests.since(before), server.peak - memory


def _client(server: Server, job: str, token: str) -> bool:
    for _ in range(POLLS):
        token = _one(server, job, token)
    return True


def _one(server: Server, job: str, token: str) -> str:
    wait: Any = Duration(nanos=int(WAIT * 1e9))
    page: pb.Page = server.stub.Fetch(pb.FetchRequest(job=job, token=token, wait=wait))
    assert not page.end
    return page.token


if __name__ == "__main__":
    _rounds.report(_clusters.on_cluster("many clients that poll", measure))
