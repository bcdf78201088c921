"""The processes that make up a node: how each is started, and how one knows that it is well.

Nothing here starts anything: it is data. Where an option of a component can stand in a file, it is
in ``config/``; what is left for the command line is here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devcluster import addresses, programs
from devcluster.node import configuration, kubeconfigs
from devcluster.node.configuration import Settings, write_configuration
from devcluster.node.identities import AUTHORITY, pair, service_account_key
from devcluster.node.process import Process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from devcluster.places import Places

__all__ = ["Component", "Probe", "Settings", "components", "write_configuration"]

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How to ask a component, from inside the node, whether it is well.

    Attributes:
        url: answered with 200 when it is; for ``unix://``, when it accepts a connection.
        ca: the file of the authority that the server's certificate is checked against.
        cert: the file of the client's certificate.
        key: the file of the client's key.
    """

    url: str
    ca: str = ""
    cert: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A process of the node, and what says whether it is ready for those that come after it."""

    process: Process
    health: Probe

    @property
    def name(self) -> str:
        return self.process.name


def components(places: Places, binaries: Mapping[str, Path]) -> tuple[Component, ...]:
    """Return the components in the order of their start: each needs some of those before it.

    Args:
        places: where their configuration is, as ``write_configuration`` wrote it.
        binaries: the path of each program of Kubernetes.

    Raises:
        ClusterError: a program of Debian is missing.
    """
    debian = programs.find()
    return (
        _etcd(debian["etcd"], places),
        _registry(debian["docker-registry"], places),
        _containerd(debian["containerd"], places),
        _apiserver(binaries["kube-apiserver"], places),
        _controller_manager(binaries["kube-controller-manager"], places),
        _scheduler(binaries["kube-scheduler"], places),
        _kubelet(binaries["kubelet"], places),
        # It looks for the Node object, which the kubelet makes.
        _proxy(binaries["kube-proxy"], places),
    )


def _etcd(program: Path, places: Places) -> Component:
    clients = f"http://{LOOPBACK}:{addresses.ETCD_PORT}"
    peers = f"http://{LOOPBACK}:{addresses.ETCD_PEER_PORT}"
    flags = {
        "name": addresses.NODE,
        "data-dir": places.data / "etcd",
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"{addresses.NODE}={peers}",
        "logger": "zap",
        "log-level": "warn",
        # A cluster does not outlive a crash of the machine, so nothing has to be safe from one.
        "unsafe-no-fsync": "true",
    }
    return Component(
        process=_process("etcd", program, flags), health=Probe(url=f"{clients}/health")
    )


def _registry(program: Path, places: Places) -> Component:
    file = configuration.registry(places)
    return Component(
        process=_process("registry", program, {}, words=("serve", str(file)), files=(file,)),
        health=Probe(url=f"http://{LOOPBACK}:{addresses.REGISTRY_PORT}/v2/"),
    )


def _containerd(program: Path, places: Places) -> Component:
    file = configuration.containerd(places)
    return Component(
        process=_process("containerd", program, {"config": file}, files=(file,)),
        health=Probe(url=f"unix://{configuration.CONTAINERD_SOCKET}"),
    )


def _apiserver(program: Path, places: Places) -> Component:
    authority = pair(places.pki, AUTHORITY).certificate
    serving = pair(places.pki, "apiserver")
    kubelet = pair(places.pki, "apiserver-kubelet-client")
    admin = pair(places.pki, "admin")
    tokens = service_account_key(places.pki)
    flags = {
        "advertise-address": addresses.NODE_ADDRESS,
        "secure-port": addresses.API_PORT,
        "service-cluster-ip-range": addresses.SERVICE_NETWORK,
        "etcd-servers": f"http://{LOOPBACK}:{addresses.ETCD_PORT}",
        "client-ca-file": authority,
        "tls-cert-file": serving.certificate,
        "tls-private-key-file": serving.key,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-signing-key-file": tokens,
        "service-account-key-file": tokens,
        "kubelet-certificate-authority": authority,
        "kubelet-client-certificate": kubelet.certificate,
        "kubelet-client-key": kubelet.key,
        "kubelet-preferred-address-types": "InternalIP",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
    }
    return Component(
        process=_process("kube-apiserver", program, flags),
        health=Probe(
            url=f"https://{LOOPBACK}:{addresses.API_PORT}/readyz",
            ca=str(authority),
            cert=str(admin.certificate),
            key=str(admin.key),
        ),
    )


def _controller_manager(program: Path, places: Places) -> Component:
    authority = pair(places.pki, AUTHORITY)
    flags = {
        "cluster-cidr": addresses.POD_NETWORK,
        "allocate-node-cidrs": "false",  # CNI's host-local gives addresses out
        "root-ca-file": authority.certificate,
        "cluster-signing-cert-file": authority.certificate,
        "cluster-signing-key-file": authority.key,
        "service-account-private-key-file": service_account_key(places.pki),
        "use-service-account-credentials": "true",
        # It makes this folder, which would otherwise be in the host's /usr.
        "flex-volume-plugin-dir": configuration.volume_plugins(places),
    }
    return _leader(
        "kube-controller-manager",
        program,
        places,
        port=addresses.CONTROLLER_MANAGER_PORT,
        flags=flags,
    )


def _scheduler(program: Path, places: Places) -> Component:
    return _leader("kube-scheduler", program, places, port=addresses.SCHEDULER_PORT, flags={})


def _leader(
    name: str, program: Path, places: Places, *, port: int, flags: Mapping[str, object]
) -> Component:
    """Return a component that would, in a larger cluster, first have to become the leader."""
    login = kubeconfigs.inside(places, name)
    serving = pair(places.pki, "loopback")
    common = {
        "kubeconfig": login,
        "leader-elect": "false",
        "bind-address": LOOPBACK,
        "secure-port": port,
        "tls-cert-file": serving.certificate,
        "tls-private-key-file": serving.key,
    }
    return Component(
        process=_process(name, program, {**common, **flags}, files=(login,)),
        health=Probe(
            url=f"https://{LOOPBACK}:{port}/healthz",
            ca=str(pair(places.pki, AUTHORITY).certificate),
        ),
    )


def _kubelet(program: Path, places: Places) -> Component:
    file, login = configuration.kubelet(places), kubeconfigs.inside(places, "kubelet")
    flags = {
        "config": file,
        "kubeconfig": login,
        "hostname-override": addresses.NODE,
        "node-ip": addresses.NODE_ADDRESS,
        # Pods' emptyDirs are here: on the disk, not in the memory that the node's /var is.
        "root-dir": places.data / "kubelet",
    }
    return Component(
        process=_process("kubelet", program, flags, files=(file, login)),
        health=Probe(url=f"http://{LOOPBACK}:{addresses.KUBELET_HEALTH_PORT}/healthz"),
    )


def _proxy(program: Path, places: Places) -> Component:
    file, login = configuration.proxy(places), kubeconfigs.inside(places, "kube-proxy")
    return Component(
        process=_process("kube-proxy", program, {"config": file}, files=(file, login)),
        health=Probe(url=f"http://{LOOPBACK}:{addresses.PROXY_HEALTH_PORT}/healthz"),
    )


def _process(
    name: str,
    program: Path,
    flags: Mapping[str, object],
    *,
    words: Sequence[str] = (),
    files: Sequence[Path] = (),
) -> Process:
    """Return a process with its flags, and the hashes of the files that it reads at its start."""
    return Process(
        name=name,
        argv=(str(program), *words, *(f"--{flag}={value}" for flag, value in flags.items())),
        # The node's own /run takes what a killed program leaves behind. HOME has no login in it.
        environment={"PATH": programs.PATH, "HOME": "/run", "TMPDIR": "/run"},
        files=tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files),
    )
