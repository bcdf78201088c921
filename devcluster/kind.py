"""The kind flavour: the cluster as a container of a Docker engine.

What is in it is the same as on a node of ours, but for DNS, which kind brings along. kind writes
the kubeconfig last: where it is missing, ``up`` was killed in the middle, and starts over. So it
does when the container is there but stopped, after a reboot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devcluster import addons, contained, flavours
from devcluster.addons import health
from devcluster.addons.kubectl import Kubectl
from devcluster.go import binaries
from devcluster.images import docker
from devcluster.progress import step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from devcluster.addons.health import Health
    from devcluster.node.components import Settings
    from devcluster.places import Places

CLUSTER: Final = "sqlflow"
NODE: Final = f"{CLUSTER}-control-plane"  # as kind names its container
SERVICES: Final = ("kubelet", "containerd")
CONTAINERS: Final = (
    *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"),
)
CONFIGURATION: Final = "/var/lib/kubelet/config.yaml"


@dataclass(frozen=True, slots=True)
class KindCluster:
    """A cluster in a container of this machine's Docker engine."""

    places: Places

    @property
    def kubeconfig(self) -> Path:
        return self.places.kubeconfig

    @property
    def components(self) -> tuple[str, ...]:
        return (*SERVICES, *CONTAINERS)

    @property
    def running(self) -> bool:
        """Whether the container runs and kind had finished with it."""
        return (
            self.kubeconfig.exists()
            and NODE
            in contained.run(running_command(), what="asking for the cluster's container").split()
        )

    def up(self, settings: Settings) -> None:
        """Bring the cluster up, or what of it is missing or differs."""
        if not self.running:
            self._create()
        _run(log_size_command(settings.container_log_max_size), "setting the kubelet's log size")
        references = self.load(docker.NAMES)
        kubectl = self._kubectl()
        crds = binaries.ensure(self.places.cache, ["argo-crds"])["argo-crds"]
        with step("add-ons"):
            addons.apply(kubectl, references, crds, dns=False)
            addons.wait(kubectl)

    def down(self) -> None:
        """Remove the container and the kubeconfig. What the engine has built stays."""
        _run(delete_command(self._kind(), self.kubeconfig), "removing the cluster")
        self.kubeconfig.unlink(missing_ok=True)

    def status(self) -> list[Health]:
        """Tell how each part is."""
        return health.check(self._kubectl())

    def load(self, names: Sequence[str]) -> dict[str, str]:
        """Bring images into the cluster; return the reference that a pod names for each."""
        references = {}
        for name in names:
            with step(f"image {name}"):
                references[name] = docker.ensure(self.places.project, name)
                # Each by itself: kind carries all that it is told to when one is missing.
                _run(load_command(self._kind(), references[name]), f"loading {name}")
        return references

    def log_command(self, component: str, *, follow: bool) -> list[str]:
        """Return the command that prints a component's log."""
        return log_command(component, follow=follow)

    def restart(self, component: str) -> None:
        """End a component; systemd or the kubelet starts it again."""
        _run(restart_command(component), f"restarting {component}")

    def _create(self) -> None:
        kind = self._kind()
        self.places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with step("kind's cluster"):
            _run(delete_command(kind, self.kubeconfig), "removing an unfinished cluster")
            self.kubeconfig.unlink(missing_ok=True)
            config = self.places.project / "kind-config.yaml"
            _run(create_command(kind, config, self.kubeconfig), "creating the cluster")
        self.kubeconfig.chmod(0o600)

    def _kind(self) -> Path:
        """Return kind of the version that is pinned; another might not know our node's image."""
        return binaries.ensure(self.places.cache, ["kind"])["kind"]

    def _kubectl(self) -> Kubectl:
        return Kubectl(flavours.kubectl(self.places), self.kubeconfig)


def create_command(kind: Path, config: Path, kubeconfig: Path) -> list[str]:
    """Return the command that makes the cluster and waits until its node is ready."""
    return [
        *(str(kind), "create", "cluster", f"--name={CLUSTER}", f"--config={config}"),
        *(f"--kubeconfig={kubeconfig}", "--wait=180s"),
    ]


def delete_command(kind: Path, kubeconfig: Path) -> list[str]:
    """Return the command that removes the cluster; it is content if there is none."""
    return [str(kind), "delete", "cluster", f"--name={CLUSTER}", f"--kubeconfig={kubeconfig}"]


def load_command(kind: Path, reference: str) -> list[str]:
    """Return the command that brings an image of the engine into the cluster."""
    return [str(kind), "load", "docker-image", f"--name={CLUSTER}", reference]


def running_command() -> list[str]:
    """Return the command that prints the node's name if it runs."""
    return ["docker", "ps", f"--filter=name=^{NODE}$", "--format={{.Names}}"]


def log_size_command(size: str) -> list[str]:
    """Return the command that makes the kubelet keep to a size, restarting it only for another."""
    line = f"containerLogMaxSize: {size}"
    script = (
        f"grep -qx '{line}' {CONFIGURATION} || {{ "
        f"sed -i 's/^containerLogMaxSize: .*/{line}/' {CONFIGURATION} && "
        "systemctl restart kubelet; }"
    )
    return _inside("sh", "-c", script)


def log_command(component: str, *, follow: bool) -> list[str]:
    """Return the command that prints a component's log."""
    if component in SERVICES:
        unit = ("journalctl", "--no-pager", f"--unit={component}")
        return _inside(*unit, *(["--follow"] if follow else []))
    newest = f"$(crictl ps --all --latest --quiet --name '^{component}$')"
    return _inside("sh", "-c", f"exec crictl logs {'--follow ' if follow else ''}{newest}")


def restart_command(component: str) -> list[str]:
    """Return the command that restarts a component."""
    if component in SERVICES:
        return _inside("systemctl", "restart", component)
    running = f"crictl ps --quiet --name '^{component}$'"
    return _inside("sh", "-c", f"{running} | xargs --no-run-if-empty crictl stop --timeout 10")


def _inside(*command: str) -> list[str]:
    return ["docker", "exec", NODE, *command]


def _run(command: list[str], what: str) -> None:
    contained.run(command, what=what)
