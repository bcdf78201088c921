"""How late a line of a running step is in an answer, against ``kubectl logs -f`` of the same pod.

When a line was printed, the node's own time of it says, which ``kubectl logs --timestamps`` shows
afterwards; the node is this machine, so there is one clock. A reader by Fetch, one by Watch and
kubectl listen at the same time, to a step that prints now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Final

from benchmarks import _clusters, _rounds
from benchmarks._servers import Server, in_front
from pkg_argo.kube import PODS
from pkg_argo.kube_api import ApiKube
from sqlflow.wire import frames
from tests.cluster.support import databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.v1 import sqlflow_pb2 as pb
    from tests.cluster.support.clusters import Cluster

# Two rows fill a record, so there is one every 60 ms, for 24 seconds.
PROGRAM: Final = "SELECT seq, SLEEP(0.03) AS slept, REPEAT('x', 16000) AS t FROM seq_1_to_800"
LATEST: Final = 0.250
MORE_THAN_KUBECTL: Final = 0.030
_SECONDS: Final = 60.0
_START: Final = 2.0


def measure(cluster: Cluster) -> Iterator[_rounds.Finding]:
    with _clusters.namespaces(cluster) as namespaces:
        namespace = namespaces.make()
        with _clusters.operator(cluster, namespace), in_front(namespace) as server:
            job = server.run(PROGRAM, data_source=databases.standing(cluster).dsn)
            pod = asyncio.run(_running(namespace, job))
            begun = time.time()
            heard = _listen(cluster, namespace, server, job, pod)
            printed = _printed(cluster, namespace, pod)
    # What was printed before somebody listened was not late.
    live = [seq for seq, at in printed.items() if at > begun + _START]
    fetch, watch, kubectl = ([at[seq] - printed[seq] for seq in live if seq in at] for at in heard)
    slow = _slow(fetch)
    found = ", ".join(
        f"{who} {_slow(late) * 1000:.0f} (median {statistics.median(late) * 1000:.0f})"
        for who, late in (("Fetch", fetch), ("Watch", watch), ("kubectl logs -f", kubectl))
    )
    yield _rounds.Finding(
        what=f"ms from printed to read, the latest of a hundred of {len(fetch)} lines",
        found=found,
        target=f"<= {LATEST * 1000:.0f} by Fetch",
        met=slow <= LATEST,
    )
    more = slow - _slow(kubectl)
    yield _rounds.Finding(
        what="the same, more than with kubectl logs -f",
        found=f"{more * 1000:.0f} ms",
        target=f"aim {MORE_THAN_KUBECTL * 1000:.0f} ms",
        met=more <= MORE_THAN_KUBECTL,
    )


def _slow(late: list[float]) -> float:
    return statistics.quantiles(late, n=100)[-1]


async def _running(namespace: str, job: str) -> str:
    """Wait for the job's pod to run; return its name."""
    name = ""
    async with _clusters.client() as api:
        kube = ApiKube(api)

        async def runs() -> bool:
            nonlocal name
            for pod in await kube.list(PODS, namespace, labels=f"sqlflow.org/job={job}"):
                name = pod["metadata"]["name"]
                return bool(pod["status"].get("phase") == "Running")
            return False

        await _clusters.until(runs, "the pod runs", seconds=_SECONDS)
    return name


def _listen(
    cluster: Cluster, namespace: str, server: Server, job: str, pod: str
) -> list[dict[int, float]]:
    """Read by all three at the same time; return when each read which record of the step."""
    with ThreadPoolExecutor(3) as readers:
        reads = [
            readers.submit(_arrivals, server.read(job)),
            readers.submit(_arrivals, server.watch(job)),
            readers.submit(_followed, cluster, namespace, pod),
        ]
        return [it.result() for it in reads]


def _arrivals(pages: Iterator[pb.Page]) -> dict[int, float]:
    at: dict[int, float] = {}
    for page in pages:
        now = time.time()
        at.update((it.seq, now) for it in page.records if it.step == 1 and it.seq not in at)
    return at


def _followed(cluster: Cluster, namespace: str, pod: str) -> dict[int, float]:
    at: dict[int, float] = {}
    with _logs(cluster, namespace, pod, "--follow") as lines:
        for line in lines:
            if head := frames.head(line):
                at.setdefault(head[0], time.time())
    return at


def _printed(cluster: Cluster, namespace: str, pod: str) -> dict[int, float]:
    """Return when the node took which frame."""
    at: dict[int, float] = {}
    with _logs(cluster, namespace, pod, "--timestamps") as lines:
        for line in lines:
            stamp, _, rest = line.partition(b" ")
            if head := frames.head(rest):
                # Python knows no nanoseconds.
                at[head[0]] = datetime.fromisoformat(stamp.decode()[:26] + "+00:00").timestamp()
    return at


@contextlib.contextmanager
def _logs(cluster: Cluster, namespace: str, pod: str, option: str) -> Iterator[Iterator[bytes]]:
    kubectl = cluster.kubectl
    command = [str(kubectl.binary), f"--kubeconfig={kubectl.kubeconfig}", "logs", pod, option]
    command += [f"--namespace={namespace}", "--container=main"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.terminate()


if __name__ == "__main__":
    _rounds.report(_clusters.on_cluster("ms from printed to read", measure))
