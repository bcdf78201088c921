"""How a cluster is: each component by its name, and why one is not well."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from devcluster.addons.health import Health, check
from devcluster.errors import ClusterError
from devcluster.node.client import Running
from devcluster.node.components import Component, Probe
from devcluster.node.process import Process

ADDONS = ["coredns", "workflow-controller", "mariadb", "postgresql"]


def component(name):
    return Component(
        process=Process(name=name, argv=(f"/bin/{name}",)),
        health=Probe(url=f"https://127.0.0.1/{name}", ca="/ca", cert="/cert", key="/key"),
    )


@dataclass
class Node:
    """Stands for a node.

    Attributes:
        pages: what is got at a component's URL; 200 if it is not here.
        ended: the exit status of what does not run.
        missing: what was never started.
        silent: the first process does not answer.
    """

    names: tuple[str, ...] = ("etcd", "kubelet")
    pages: dict[str, tuple[int, str]] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    silent: bool = False

    def processes(self):
        if self.silent:
            raise ClusterError("the node does not answer: timed out")
        started = [name for name in self.names if name not in self.missing]
        return {it: Running(pid=7, digest="d", ended=self.ended.get(it)) for it in started}

    def get(self, url, *, ca="", cert="", key=""):
        assert (ca, cert, key) == ("/ca", "/cert", "/key")
        return self.pages.get(url.rpartition("/")[2], (200, "ok"))

    @property
    def components(self):
        return [component(name) for name in self.names]


@dataclass
class Cluster:
    """Stands for kubectl.

    Attributes:
        objects: what the API server has, None if it does not answer.
    """

    objects: list[dict[str, object]] | None

    def items(self, *arguments, seconds=0.0):
        if self.objects is None:
            raise ClusterError("`kubectl get nodes` ended with status 1", details="refused")
        return list(self.objects) if arguments[0].startswith("nodes") else []


def cluster(objects):
    return Cluster(objects)


def machine(name="devcluster", *, ready="True", message="kubelet is posting ready status"):
    condition = {"type": "Ready", "status": ready, "message": message}
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "DiskPressure", "status": "False"}, condition]},
    }


def deployment(name, namespace):
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}},
        "status": {"readyReplicas": 1},
    }


def service(name, namespace):
    labels = {"kubernetes.io/service-name": name}
    endpoint = {"addresses": ["10.88.0.7"], "conditions": {"ready": True}}
    return [
        {"kind": "Service", "metadata": {"name": name, "namespace": namespace}},
        {
            "kind": "EndpointSlice",
            "metadata": {"name": f"{name}-x", "namespace": namespace, "labels": labels},
            "endpoints": [endpoint],
        },
    ]


def static_pod(name, label="component", *, ready="True"):
    return {
        "kind": "Pod",
        "metadata": {
            "name": f"{name}-kind",
            "namespace": "kube-system",
            "uid": name,
            "labels": {label: name},
        },
        "spec": {"nodeName": "kind"},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
    }


WELL = [
    machine(),
    deployment("coredns", "kube-system"),
    deployment("workflow-controller", "argo"),
    deployment("mariadb", "databases"),
    deployment("postgresql", "databases"),
    *service("kube-dns", "kube-system"),
    *service("mariadb", "databases"),
    *service("postgresql", "databases"),
]


def of(healths, name):
    return next(it for it in healths if it.name == name)


def test_a_node_that_is_well_tells_so_of_each_part():
    node = Node()
    assert check(cluster(WELL), node=node, components=node.components) == [
        Health("etcd", ok=True, message="healthy"),
        Health("kubelet", ok=True, message="healthy"),
        Health("node", ok=True, message="1 of 1 nodes ready"),
        Health("coredns", ok=True, message="1 of 1 replicas ready"),
        Health("workflow-controller", ok=True, message="1 of 1 replicas ready"),
        Health("mariadb", ok=True, message="1 of 1 replicas ready"),
        Health("postgresql", ok=True, message="1 of 1 replicas ready"),
    ]


@pytest.mark.parametrize(
    ("node", "message"),
    [
        pytest.param(Node(missing=("etcd",)), "was not started", id="never started"),
        pytest.param(Node(ended={"etcd": 2}), "ended with status 2; see its log", id="exited"),
        pytest.param(Node(ended={"etcd": -9}), "ended by signal 9; see its log", id="killed"),
        pytest.param(
            Node(pages={"etcd": (0, "ConnectionRefusedError: refused")}),
            "runs, but does not answer on https://127.0.0.1/etcd: ConnectionRefusedError: refused",
            id="deaf",
        ),
        pytest.param(
            Node(pages={"etcd": (500, "[+]ping ok\n[-]rbac failed: not finished\nfailed\n")}),
            "runs, but says 500 on https://127.0.0.1/etcd: [-]rbac failed: not finished",
            id="a check fails",
        ),
        pytest.param(
            Node(pages={"etcd": (503, "")}),
            "runs, but says 503 on https://127.0.0.1/etcd",
            id="no words",
        ),
        pytest.param(
            Node(silent=True), "the node does not answer: timed out", id="first process is silent"
        ),
    ],
)
def test_a_component_of_a_node_that_is_not_well_says_why(node, message):
    found = check(cluster(WELL), node=node, components=node.components)
    assert of(found, "etcd") == Health("etcd", ok=False, message=message)


def test_components_are_asked_at_the_same_time():
    class Slow(Node):
        def get(self, url, *, ca="", cert="", key=""):
            barrier.append(url)
            deadline = time.monotonic() + 5
            while len(barrier) < 3 and time.monotonic() < deadline:
                time.sleep(0.001)
            return (200, "") if len(barrier) == 3 else (0, "alone")

    barrier: list[str] = []
    node = Slow(names=("etcd", "kubelet", "containerd"))
    found = check(cluster(WELL), node=node, components=node.components)
    assert [it.name for it in found if not it.ok] == []


def test_without_the_api_server_the_nodes_processes_are_told_all_the_same():
    node = Node(pages={"kubelet": (0, "refused")})
    found = check(cluster(None), node=node, components=node.components)
    assert [(it.name, it.ok) for it in found[:2]] == [("etcd", True), ("kubelet", False)]
    message = "can't be told: the API server does not answer"
    assert found[2:] == [Health(name, ok=False, message=message) for name in ("node", *ADDONS)]


def test_an_api_server_that_is_known_to_be_ill_is_not_asked():
    class Deaf(Cluster):
        def items(self, *arguments, seconds=0.0):
            raise AssertionError(arguments)

    node = Node(names=("kube-apiserver",), ended={"kube-apiserver": 1})
    deaf: Any = Deaf([])
    found = check(deaf, node=node, components=node.components)
    assert [it.name for it in found if not it.ok] == ["kube-apiserver", "node", *ADDONS]


def test_without_a_node_of_ours_the_api_server_that_is_silent_is_named():
    found = check(cluster(None))
    assert found[0] == Health(
        "kube-apiserver",
        ok=False,
        message="`kubectl get nodes` ended with status 1\n  refused",
    )
    assert [it.name for it in found[1:]] == ["node", *ADDONS]


def test_without_a_node_of_ours_the_control_plane_is_known_by_its_pods():
    pods = [
        static_pod("etcd"),
        static_pod("kube-apiserver"),
        static_pod("kube-scheduler", ready="False"),
        static_pod("kube-proxy", "k8s-app"),
    ]
    found = check(cluster([*WELL, *pods]))
    assert found[:5] == [
        Health("etcd", ok=True, message="1 of 1 pods ready"),
        Health("kube-apiserver", ok=True, message="1 of 1 pods ready"),
        Health("kube-controller-manager", ok=False, message="it has no pod in kube-system"),
        Health(
            "kube-scheduler",
            ok=False,
            message="0 of 1 pods ready: pod kube-scheduler-kind is not started",
        ),
        Health("kube-proxy", ok=True, message="1 of 1 pods ready"),
    ]


@pytest.mark.parametrize(
    ("machines", "message"),
    [
        pytest.param([], "no node has reported: is the kubelet well?", id="none"),
        pytest.param(
            [machine(ready="Unknown", message="Kubelet stopped posting node status.")],
            "0 of 1 nodes ready: devcluster is not Ready: Kubelet stopped posting node status.",
            id="silent",
        ),
    ],
)
def test_a_machine_that_is_not_ready_says_why(machines, message):
    found = check(cluster([*machines, *WELL[1:]]), node=Node(), components=Node().components)
    assert of(found, "node") == Health("node", ok=False, message=message)
