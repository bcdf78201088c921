"""The development cluster, as a benchmark uses it: namespaces of its own, operators of its own.

What is changed of the cluster is put back, also after Ctrl-C. Where none is up, the report says
that it was not measured and what to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kubernetes.aio.client import CustomObjectsApi
from kubernetes.aio.config import new_client_from_config

from benchmarks._rounds import Finding
from devcluster import flavours
from devcluster.addons.kubectl import Kubectl
from devcluster.errors import ClusterError
from devcluster.places import Places
from pkg_argo.kube import JOBS, WORKFLOWS
from tests.cluster.support import databases, manifests, stages
from tests.cluster.support.clusters import Cluster, Namespaces
from tests.cluster.support.processes import Processes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence

    from kubernetes.aio.client import ApiClient

    from pkg_argo.kube import Kube, Object, Resource

AT_ONCE: Final = 8
"""Requests that are under way at the same time: as many as an operator has workers."""
_CONTROLLER: Final = ("deployment/workflow-controller", "--namespace=argo")
_DATA_SOURCE: Final = "data-source"
_FINAL: Final = ("Succeeded", "Failed", "Error", "Cancelled")
_STARTED: Final = '"event": "started"'
_SECONDS: Final = 60.0
_LOOK: Final = 0.05
_LULL: Final = 0.3
_BUSY: Final = 0.05


def on_cluster(
    what: str, measure: Callable[[Cluster], Iterable[Finding]]
) -> Callable[[], Iterator[Finding]]:
    """Return a measure that needs the cluster; without one it finds that it was not measured."""

    def measured() -> Iterator[Finding]:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # Clean up after it, too.
        try:
            cluster = _running()
        except ClusterError as error:
            yield Finding(what=what, found="-", target=f"needs a cluster: {error}", met=None)
            return
        os.environ["KUBECONFIG"] = str(cluster.flavour.kubeconfig)
        stages.install_type(cluster)
        yield from measure(cluster)

    return measured


def _running() -> Cluster:
    places = Places.from_environment()
    flavour = flavours.open_cluster(places)
    if not flavour.running:
        raise ClusterError("`make cluster` starts one")
    broken = [part.name for part in flavour.status() if not part.ok]
    if broken:
        raise ClusterError(f"what is up is not healthy: {', '.join(broken)}")
    kubectl = Kubectl(flavours.kubectl(places), flavour.kubeconfig)
    return Cluster(places, flavour, kubectl, flavour.load(["step"]))


@contextlib.contextmanager
def namespaces(cluster: Cluster) -> Iterator[Namespaces]:
    """Make namespaces, and have them gone in the end."""
    made = Namespaces(cluster.kubectl)
    try:
        yield made
    finally:
        made.delete(wait=True)


@contextlib.contextmanager
def argo_stopped(cluster: Cluster) -> Iterator[None]:
    """Have no controller of Argo's meanwhile: Workflows stay as they are written."""
    run = cluster.kubectl.run
    replicas = run("get", *_CONTROLLER, "--output=jsonpath={.spec.replicas}")
    try:
        run("scale", *_CONTROLLER, "--replicas=0")
        run(
            "wait", "pods", "--namespace=argo", "--selector=app=workflow-controller", "--for=delete"
        )
        yield
    finally:
        run("scale", *_CONTROLLER, f"--replicas={replicas}")
        run("rollout", "status", *_CONTROLLER)


@contextlib.contextmanager
def operator(cluster: Cluster, namespace: str, kubeconfig: Path | None = None) -> Iterator[int]:
    """Run an operator for a namespace, with its usual settings; give the id of its process."""
    with tempfile.TemporaryDirectory(prefix="sqlflow-bench-") as folder:
        processes = Processes(cluster, namespace, Path(folder))
        try:
            process = processes.start(kubeconfig=kubeconfig)
            deadline = time.monotonic() + _SECONDS
            while _STARTED not in processes.logs():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"the operator did not start:\n{processes.logs()}")
                time.sleep(_LOOK)
            yield process.pid
        finally:
            processes.end()


def job(namespace: str, name: str, program: str, **spec: Any) -> Object:
    """Return a job on the cluster's MariaDB; its Secret is that of :func:`data_source`."""
    return {
        "apiVersion": "sqlflow.org/v1alpha1",
        "kind": "SQLFlowJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "program": program,
            "dataSource": {"dialect": "mysql", "secretRef": {"name": _DATA_SOURCE}},
            **spec,
        },
    }


def data_source(cluster: Cluster, namespace: str) -> None:
    """Make the Secret that :func:`job` names."""
    dsn = databases.standing(cluster).dsn
    body = json.dumps(manifests.secret(_DATA_SOURCE, {"dsn": dsn}))
    cluster.kubectl.run("apply", f"--namespace={namespace}", "--filename=-", stdin=body)


@dataclass(frozen=True, slots=True)
class Template:
    """A Workflow that an operator has made, to be posted by hand under other names."""

    made: Object

    def named(self, namespace: str, name: str) -> Object:
        """Return it under a name, without a label that an operator would know it by."""
        body = copy.deepcopy({key: self.made[key] for key in ("apiVersion", "kind", "spec")})
        body["spec"].pop("podMetadata", None)
        return {**body, "metadata": {"name": name, "namespace": namespace}}


@contextlib.asynccontextmanager
async def client() -> AsyncIterator[ApiClient]:
    """Log in as the cluster's administrator."""
    # By name: the library takes the environment as it was when it was imported.
    async with await new_client_from_config(os.environ["KUBECONFIG"]) as made:
        yield made


async def count(api: ApiClient, namespace: str, resource: Resource) -> int:
    """Return how many objects of a custom type there are, at the cost of one of them."""
    page: Any = await CustomObjectsApi(api).list_namespaced_custom_object(
        resource.group, resource.version, namespace, resource.plural, limit=1
    )
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))


async def post(kube: Kube, resource: Resource, bodies: Sequence[Object], *, at_once: int) -> None:
    """Create objects, so many at a time."""
    await each(bodies, lambda body: kube.create(resource, body), at_once=at_once)


async def each(
    objects: Sequence[Object], work: Callable[[Object], Awaitable[object]], *, at_once: int
) -> None:
    """Do something with each object, with so many at a time."""
    waiting = iter(objects)

    async def go_on() -> None:
        for it in waiting:
            await work(it)

    async with asyncio.TaskGroup() as workers:
        for _ in range(at_once):
            workers.create_task(go_on())


async def phase(kube: Kube, body: Object, wanted: str, *, seconds: float) -> None:
    """Wait until a job or a Workflow is in a phase. It must not end in another."""
    resource = JOBS if body["kind"] == JOBS.kind else WORKFLOWS
    name = body["metadata"]["name"]

    async def there() -> bool:
        found = await kube.get(resource, body["metadata"]["namespace"], name)
        status = (found or {}).get("status", {})
        now = status.get("phase")
        if now != wanted and now in _FINAL:
            raise SystemExit(f"{name} ended: {status}")
        return bool(now == wanted)

    await until(there, f"{name} is {wanted}", seconds=seconds)


async def quiet(process: int) -> None:
    """Wait until a process has nothing more to do."""
    spent, calm = _cpu(process), 0
    while calm < 3:
        await asyncio.sleep(_LULL)
        before, spent = spent, _cpu(process)
        calm = calm + 1 if spent - before <= _LULL * _BUSY else 0


def _cpu(process: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until(look: Callable[[], Awaitable[bool]], what: str, seconds: float = _SECONDS) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + seconds
    while not await look():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds:g} s")
        await asyncio.sleep(_LOOK)
