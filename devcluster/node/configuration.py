"""The configuration files of the components: which there are, and what is filled into them.

The files themselves, with the reasons for what they say, are in ``config/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devcluster import addresses, files, programs
from devcluster.node import kubeconfigs
from devcluster.node.identities import AUTHORITY, pair
from devcluster.node.templates import fill

if TYPE_CHECKING:
    from pathlib import Path

    from devcluster.places import Places

# In the node's own /run: it can hold no stale socket, and its path is never too long for one.
CONTAINERD_SOCKET: Final = "/run/containerd/containerd.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What of a cluster a caller may choose.

    Attributes:
        container_log_max_size: how long a container's log grows until the kubelet begins a new
            file, as in ``containerLogMaxSize``; the default is Kubernetes's own.
    """

    container_log_max_size: str = "10Mi"


def containerd(places: Places) -> Path:
    return places.config / "containerd.toml"


def registry(places: Places) -> Path:
    return places.config / "registry.yaml"


def kubelet(places: Places) -> Path:
    return places.config / "kubelet.yaml"


def proxy(places: Places) -> Path:
    return places.config / "kube-proxy.yaml"


def volume_plugins(places: Places) -> Path:
    """Return a folder that stays empty: we have no plugins for volumes."""
    return places.data / "volume-plugins"


def write_configuration(places: Places, settings: Settings, *, sandbox_image: str) -> None:
    """Write all that the components read at their start; the certificates are there already.

    Args:
        places: where to.
        settings: what the caller chose.
        sandbox_image: of the container that holds a pod's network namespace.
    """
    contents = {
        **_runtime(places, sandbox_image),
        registry(places): fill(
            "registry.yaml.in",
            blobs=places.cache / "registry",
            address=f"127.0.0.1:{addresses.REGISTRY_PORT}",
        ),
        kubelet(places): _kubelet(places, settings),
        proxy(places): fill(
            "kube-proxy.yaml.in",
            kubeconfig=kubeconfigs.inside(places, "kube-proxy"),
            pods=addresses.POD_NETWORK,
            node=addresses.NODE,
            address=addresses.NODE_ADDRESS,
            health=f"127.0.0.1:{addresses.PROXY_HEALTH_PORT}",
        ),
    }
    for file, content in contents.items():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write(file, content)
    kubeconfigs.write(places)


def _runtime(places: Places, sandbox_image: str) -> dict[Path, bytes]:
    """Return the files of containerd, of its registries and of the network of pods."""
    registries, networks = places.config / "certs.d", places.config / "cni"
    return {
        containerd(places): fill(
            "containerd.toml.in",
            root=places.containerd,
            socket=CONTAINERD_SOCKET,
            sandbox_image=sandbox_image,
            cni_plugins=programs.CNI_PLUGINS,
            cni_config=networks,
            registries=registries,
        ),
        registries / addresses.REGISTRY / "hosts.toml": fill(
            "hosts.toml.in", url=f"http://127.0.0.1:{addresses.REGISTRY_PORT}"
        ),
        networks / "10-sqlflow.conflist": fill(
            "cni.conflist.in",
            bridge=addresses.BRIDGE,
            leases=places.data / "cni",
            pods=addresses.POD_NETWORK,
            gateway=addresses.NODE_ADDRESS,
        ),
    }


def _kubelet(places: Places, settings: Settings) -> bytes:
    serving = pair(places.pki, "kubelet")
    return fill(
        "kubelet.yaml.in",
        address=addresses.NODE_ADDRESS,
        port=addresses.KUBELET_PORT,
        health_port=addresses.KUBELET_HEALTH_PORT,
        certificate=serving.certificate,
        key=serving.key,
        authority=pair(places.pki, AUTHORITY).certificate,
        runtime=f"unix://{CONTAINERD_SOCKET}",
        dns=addresses.DNS_SERVICE,
        pod_logs=places.logs / "pods",
        volume_plugins=volume_plugins(places),
        log_max_size=settings.container_log_max_size,
        cgroup=f"/{places.name}",
    )
