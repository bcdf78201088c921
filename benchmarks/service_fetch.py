"""The logs of jobs that are over, through the server, against ``kubectl logs`` of the same pods.

A warm server has read the log before and holds it in memory; a cold one has to ask the node, as
kubectl does each time. What the server reads of the node is counted by a proxy in front of the API
server.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import _clusters, _rounds
from benchmarks._servers import Server, in_front, large, size
from pkg_argo.kube import PODS
from pkg_argo.kube_api import ApiKube
from tests.cluster.support import databases
from tests.cluster.support.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.support.clusters import Cluster

# Rows of 24 KiB each: transcripts of about 2, 4 and 8 MiB, which is the most that a step prints.
ROWS: Final = (80, 160, 320)
ROUNDS: Final = 5
READERS: Final = 8
LEAST: Final = 0.4
MOST_READ: Final = 1.1
PAGE: Final = 3 * 1024 * 1024
_MIB: Final = 2**20


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.namespaces(cluster) as namespaces:
        namespace = namespaces.make()
        with _clusters.operator(cluster, namespace), in_front(namespace) as server:
            jobs = _jobs(cluster, server)
        pod = asyncio.run(_pod(namespace, jobs[-1]))
        with in_front(namespace) as server:
            yield from _rates(cluster, namespace, server, jobs[-1], pod)
            yield from _growth(server, jobs)
        yield from asyncio.run(_amplification(cluster, namespace, jobs[-1]))


def _jobs(cluster: Cluster, server: Server) -> list[str]:
    """Run programs that print much; return their jobs once they are over."""
    dsn = databases.standing(cluster).dsn
    jobs = [server.run(large(rows), data_source=dsn) for rows in ROWS]
    for job in jobs:
        _drain(server, job)
    return jobs


async def _pod(namespace: str, job: str) -> str:
    async with _clusters.client() as api:
        [pod] = await ApiKube(api).list(PODS, namespace, labels=f"sqlflow.org/job={job}")
        return str(pod["metadata"]["name"])


def _rates(
    cluster: Cluster, namespace: str, server: Server, job: str, pod: str
) -> Iterator[_rounds.Finding]:
    """Compare bytes per second; the bytes differ a little, so rates are what is compared."""
    size = len(_kubectl(cluster, namespace, pod))
    text = _drain(server, job)
    fetch, watch, kubectl = _rounds.in_turns(
        lambda: _rounds.timed(lambda: _drain(server, job)) / text,
        lambda: _rounds.timed(lambda: _watched(server, job)) / text,
        lambda: _rounds.timed(lambda: _kubectl(cluster, namespace, pod)) / size,
        rounds=ROUNDS,
    )
    cold = [_cold(namespace, job) / text for _ in range(ROUNDS)]
    for what, ours, least in (
        ("Fetch of a warm server", fetch, LEAST),
        ("Fetch of a cold server", cold, LEAST),
        ("Watch of a warm server", watch, None),
    ):
        ratio = _rounds.ratio(kubectl, ours)
        yield _rounds.Finding(
            what=f"{what}: {text / _MIB:.1f} MiB, bytes a second to kubectl logs",
            found=str(ratio),
            target=f">= {least:g}x" if least else "aim 0.9x",
            met=ratio.median >= (least or 0.9),
        )


def _growth(server: Server, jobs: list[str]) -> Iterator[_rounds.Finding]:
    sizes = [_drain(server, job) for job in jobs]
    by_size = dict(zip(sizes, jobs, strict=True))
    # By pages of the usual size, of which there are many: three large ones would make steps.
    exponent = _rounds.growth(
        sizes, lambda it: _rounds.timed(lambda: size(server.read(by_size[int(it)])))
    )
    yield _rounds.Finding(
        what=f"Fetch of {', '.join(f'{it / _MIB:.1f}' for it in sizes)} MiB: growth of the time",
        found=f"exponent {exponent:.2f}",
        target="<= 1.10",
        met=exponent <= 1.1,
    )


async def _amplification(cluster: Cluster, namespace: str, job: str) -> list[_rounds.Finding]:
    """Count what a server reads of the node for readers that come at the same time."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        login, requests = await stack.enter_async_context(
            counted(cluster.flavour.kubeconfig, folder)
        )
        delivered = await asyncio.to_thread(_together, namespace, login, job)
    read = requests.answered["get pods/log"]
    return [
        _rounds.Finding(
            what=f"bytes read at the node for each of a transcript, {READERS} readers together",
            found=f"{read / delivered:.3f}, in {requests.counts['get pods/log']} request(s)",
            target=f"<= {MOST_READ:g}",
            met=read / delivered <= MOST_READ,
        )
    ]


def _together(namespace: str, login: Path, job: str) -> int:
    """Have readers read a job by a server that has not read it; return the bytes of one."""
    with in_front(namespace, kubeconfig=login) as server, ThreadPoolExecutor(READERS) as readers:
        sizes = set(readers.map(lambda _: _drain(server, job), range(READERS)))
    [size] = sizes
    return size


def _cold(namespace: str, job: str) -> float:
    with in_front(namespace) as server:
        return _rounds.timed(lambda: _drain(server, job))


def _drain(server: Server, job: str) -> int:
    return size(server.read(job, max_bytes=PAGE))


def _watched(server: Server, job: str) -> int:
    return size(server.watch(job, max_bytes=PAGE))


def _kubectl(cluster: Cluster, namespace: str, pod: str) -> str:
    arguments = (f"--namespace={namespace}", "--container=main", pod)
    return cluster.kubectl.run("logs", *arguments)


if __name__ == "__main__":
    _rounds.report(_clusters.on_cluster("Fetch and Watch, to kubectl logs", measure))
