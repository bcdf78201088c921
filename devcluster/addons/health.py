"""Tells how each component of a cluster is, by its name and in one sentence.

It asks from two sides. The node's first process knows what runs and gets each component's own
health page, which works also when the API server does not; a cluster of kind has no such process,
there the control plane's pods are looked at instead. The API server knows the rest: the machine,
DNS, Argo's controller and the databases. Every question has a time limit, so the answer always
comes.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Protocol

from devcluster.addons import ADDONS, workloads
from devcluster.addons.workloads import Health, Seen
from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from devcluster.addons.kubectl import Kubectl
    from devcluster.node.client import Running
    from devcluster.node.components import Component

__all__ = ["Health", "check"]

# The label of each component's pods where they are pods.
PODS: Final = {
    "etcd": ("component", "etcd"),
    "kube-apiserver": ("component", "kube-apiserver"),
    "kube-controller-manager": ("component", "kube-controller-manager"),
    "kube-scheduler": ("component", "kube-scheduler"),
    "kube-proxy": ("k8s-app", "kube-proxy"),
}
TOLD: Final = ("node", *(it.name for it in ADDONS))  # by the API server alone
UNKNOWN: Final = "can't be told: the API server does not answer"


class Node(Protocol):
    """What is asked of a node, see :class:`devcluster.node.client.Node`."""

    def processes(self) -> Mapping[str, Running]: ...
    def get(self, url: str, *, ca: str = "", cert: str = "", key: str = "") -> tuple[int, str]: ...


def check(
    kubectl: Kubectl, *, node: Node | None = None, components: Sequence[Component] = ()
) -> list[Health]:
    """Ask every component how it is; never raise, never hang.

    Args:
        kubectl: the way to the API server.
        node: where the components run; none for kind.
        components: those of the node.
    """
    processes = _processes(node, components) if node else []
    unknown = [Health(name, ok=False, message=UNKNOWN) for name in TOLD]
    # kubectl would try for long to reach what is known not to answer.
    if any(it.name == "kube-apiserver" and not it.ok for it in processes):
        return [*processes, *unknown]
    try:
        seen = workloads.observe(kubectl)
    except ClusterError as error:
        unanswered = [] if node else [Health("kube-apiserver", ok=False, message=str(error))]
        return [*processes, *unanswered, *unknown]
    return [
        *(processes or [_pods(seen, name) for name in PODS]),
        _machine(seen),
        *(workloads.deployment(seen, it) for it in ADDONS),
    ]


def _processes(node: Node, components: Sequence[Component]) -> list[Health]:
    try:
        running = node.processes()
    except ClusterError as error:
        return [Health(it.process.name, ok=False, message=str(error)) for it in components]
    with ThreadPoolExecutor(max_workers=len(components)) as pool:
        return list(
            pool.map(lambda it: _component(node, it, running.get(it.process.name)), components)
        )


def _component(node: Node, component: Component, running: Running | None) -> Health:
    name = component.process.name
    if running is None:
        return Health(name, ok=False, message="was not started")
    if running.ended is not None:
        return Health(name, ok=False, message=f"ended {_how(running.ended)}; see its log")
    page = component.health
    try:
        status, body = node.get(page.url, ca=page.ca, cert=page.cert, key=page.key)
    except ClusterError as error:
        return Health(name, ok=False, message=str(error))
    if status == 200:
        return Health(name, ok=True, message="healthy")
    said = f"says {status}" if status else "does not answer"
    reason = f": {line}" if (line := _line(body)) else ""
    return Health(name, ok=False, message=f"runs, but {said} on {page.url}{reason}")


def _how(ended: int) -> str:
    return f"by signal {-ended}" if ended < 0 else f"with status {ended}"


def _line(body: str) -> str:
    """Return what is wrong in a health page: the checks that failed, else its first line."""
    lines = body.strip().splitlines() or [""]
    return "; ".join(it for it in lines if it.startswith("[-]")) or lines[0]


def _machine(seen: Seen) -> Health:
    nodes = seen.of("Node")
    ready = [
        (it["metadata"]["name"], condition)
        for it in nodes
        for condition in it.get("status", {}).get("conditions", [])
        if condition["type"] == "Ready"
    ]
    wrong = [
        f"{name} is not Ready: {condition.get('message', '')}"
        for name, condition in ready
        if condition["status"] != "True"
    ]
    if not ready:
        return Health("node", ok=False, message="no node has reported: is the kubelet well?")
    message = f"{len(ready) - len(wrong)} of {len(nodes)} nodes ready"
    return Health("node", ok=not wrong, message=": ".join([message, *wrong]))


def _pods(seen: Seen, name: str) -> Health:
    """Look at the pods that a component of Kubernetes runs in, as kind has it."""
    label, value = PODS[name]
    pods = [
        it
        for it in seen.of("Pod", namespace="kube-system")
        if it["metadata"].get("labels", {}).get(label) == value
    ]
    wrong = [
        f"pod {it['metadata']['name']} {workloads.pod_reason(seen, it)}"
        for it in pods
        if not workloads.is_ready(it)
    ]
    if not pods:
        return Health(name, ok=False, message="it has no pod in kube-system")
    message = f"{len(pods) - len(wrong)} of {len(pods)} pods ready"
    return Health(name, ok=not wrong, message=": ".join([message, *wrong]))
