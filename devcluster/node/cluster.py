"""The node flavour: brings a cluster up step by step, and takes it down.

``up`` compares and acts, it does not remember: what is built, running and applied is asked of the
cache, the node and the API server each time. So it can be killed anywhere and run again, and on a
cluster that is up it changes nothing but what differs.

A cluster lives as long as its node. Where the node is gone but its files are there, after a reboot
or a ``kill -9``, they are cleared and the cluster starts afresh; caches and unpacked images stay.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devcluster import addons, images, locks, programs
from devcluster.addons import health
from devcluster.addons.health import Health
from devcluster.addons.kubectl import Kubectl
from devcluster.errors import ClusterError
from devcluster.go import binaries
from devcluster.node import certificates, cgroups
from devcluster.node.client import Node
from devcluster.node.components import Component, Settings, components, write_configuration
from devcluster.progress import say, step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from devcluster.places import Places

BINARIES: Final = (
    *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"),
    *("kubelet", "kubectl", "argo-crds"),
)
COMPONENTS: Final = (
    *("etcd", "registry", "containerd", "kube-apiserver", "kube-controller-manager"),
    *("kube-scheduler", "kubelet", "kube-proxy"),
)
READY: Final = 60.0  # seconds for one component to become well
# What of the state outlives a cluster: unpacked images, and logs for whoever asks why it failed.
KEPT: Final = frozenset({"containerd", "logs", "lock"})


@dataclass(frozen=True, slots=True)
class NodeCluster:
    """A cluster on a node of its own (see ``init.py``), on this machine."""

    places: Places

    @property
    def kubeconfig(self) -> Path:
        """The administrator's login; the file is there while the cluster is."""
        return self.places.kubeconfig

    @property
    def running(self) -> bool:
        """Whether there is a node, whatever runs in it."""
        return Node.find(self.places) is not None

    @property
    def components(self) -> tuple[str, ...]:
        """The processes of a node."""
        return COMPONENTS

    def up(self, settings: Settings) -> None:
        """Bring the cluster up, or what of it is missing or differs.

        Raises:
            ClusterError: something is missing or does not become ready; it says what and why.
        """
        _require_root()
        programs.find()
        with self._alone():
            built = binaries.ensure(self.places.cache, BINARIES)
            node = Node.find(self.places) or self._boot()
            references = self._start(node, built, settings)
            kubectl = Kubectl(built["kubectl"], self.kubeconfig)
            with step("applying and awaiting the add-ons"):
                addons.apply(kubectl, references, built["argo-crds"])
                addons.wait(kubectl)

    def down(self) -> None:
        """End all that runs and remove all that is not a cache.

        Raises:
            ClusterError: something does not end.
        """
        _require_root()
        with self._alone():
            if node := Node.find(self.places):
                with step("ending the node"):
                    node.end()
            self._clear(KEPT)

    def status(self) -> list[Health]:
        """Tell how each part is."""
        node = Node.find(self.places)
        if node is None:
            return [Health("node", ok=False, message="not running: start it with 'make cluster'")]
        if not self.kubeconfig.exists():  # It is the last file to be written.
            return [Health("node", ok=False, message="its start has not ended: 'make cluster'")]
        built = binaries.ensure(self.places.cache, BINARIES)
        kubectl = Kubectl(built["kubectl"], self.kubeconfig)
        return health.check(kubectl, node=node, components=components(self.places, built))

    def load(self, names: Sequence[str]) -> dict[str, str]:
        """Bring images into the cluster's registry; return their references.

        Raises:
            ClusterError: there is no cluster, or an image can't be built or found.
        """
        self._running()
        return images.load(self.places, names, push=self._push)

    def log_command(self, component: str, *, follow: bool) -> list[str]:
        """Return the command that prints a component's log."""
        options = ["--follow=name"] if follow else []
        return ["tail", "--lines=+1", *options, str(self.places.logs / f"{component}.log")]

    def restart(self, component: str) -> None:
        """End a process of the node, start it again, and wait until it is well.

        Raises:
            ClusterError: there is no cluster, or it does not come back.
        """
        with self._alone():
            node = self._running()
            built = binaries.ensure(self.places.cache, BINARIES)
            [chosen] = (it for it in components(self.places, built) if it.name == component)
            node.stop(component)
            node.start(chosen.process)
            _await(node, chosen)

    @property
    def _push(self) -> str:
        return f"127.0.0.1:{self.places.registry_port}"

    def _running(self) -> Node:
        node = Node.find(self.places)
        if node is None:
            raise ClusterError("there is no cluster", hint="start one with 'make cluster'")
        return node

    def _boot(self) -> Node:
        self._clear(KEPT - {"logs"})
        cgroups.make(self.places.name)
        return Node.boot(self.places)

    def _clear(self, kept: frozenset[str]) -> None:
        cgroups.remove(self.places.name)
        for entry in self.places.state.iterdir():
            if entry.name not in kept:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def _start(self, node: Node, built: Mapping[str, Path], settings: Settings) -> dict[str, str]:
        """Start the components, or those that differ; return the references of all images."""
        certificates.ensure(self.places.pki)
        # containerd is configured with the image of the sandbox, which only the registry can hold.
        expected = images.references(self.places)
        write_configuration(self.places, settings, sandbox_image=expected["pause"])
        for component in components(self.places, built):
            _ensure(node, component)
            if component.name == "registry":
                images.ensure(self.places, images.NAMES, push=self._push)
        return expected

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other commands from changing the cluster at the same time."""
        self.places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locks.held(self.places.state / "lock", by="another command that changes this cluster"):
            yield


def _ensure(node: Node, component: Component) -> None:
    """Have a component run as it is described, and well."""
    running = node.processes().get(component.name)
    if running is None or running.ended is not None:
        node.start(component.process)
        say(f"{component.name}: started")
    elif running.digest != component.process.digest:
        node.stop(component.name)
        node.start(component.process)
        say(f"{component.name}: started anew, since its configuration changed")
    _await(node, component)


def _await(node: Node, component: Component) -> None:
    probe = component.health
    deadline = time.monotonic() + READY
    while True:
        status, body = node.get(probe.url, ca=probe.ca, cert=probe.cert, key=probe.key)
        ended = node.processes()[component.name].ended
        if status == 200 and ended is None:
            return
        if ended is not None or time.monotonic() > deadline:
            raise _not_well(component, ended, body)
        time.sleep(0.05)


def _not_well(component: Component, ended: int | None, body: str) -> ClusterError:
    found = f"is not well after {READY:.0f} s" if ended is None else f"ended with status {ended}"
    return ClusterError(
        f"{component.name} {found}",
        hint=f"its log: python -m devcluster logs {component.name}",
        details=body,
    )


def _require_root() -> None:
    if os.geteuid() != 0:
        raise ClusterError("a node takes root: it makes namespaces, mounts and cgroups")
