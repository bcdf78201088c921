"""A hundred clients that poll a hundred jobs: what that costs the API server, and the server.

The jobs are real objects that no operator serves, so each stays as it is, and every poll finds
nothing. All that the server asks goes through a proxy that counts. What has to be asked for as long
as one listens (a watch that is opened anew) is told apart from what a poll costs.

No job has a pod, so no log is held: the memory is that of the clients and their polls. The bound of
all logs together is not measured here.
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
from benchmarks._servers import Server, in_front
from pkg_argo.kube import JOBS
from pkg_argo.kube_api import ApiKube
from sqlflow.v1 import sqlflow_pb2 as pb
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


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.namespaces(cluster) as namespaces:
        yield from asyncio.run(_measure(cluster, namespaces.make()))


async def _measure(cluster: Cluster, namespace: str) -> list[_rounds.Finding]:
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
            what=f"memory of the server for {CLIENTS} clients more, of jobs without logs",
            found=f"{growth / 2**20:.1f} MiB",
            target=f"<= {GROWTH / 2**20:.0f} MiB",
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
