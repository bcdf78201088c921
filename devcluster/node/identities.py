"""Who is who in a cluster: what each component's certificate says of it.

The names decide what a component may do. The API server takes the common name of a client's
certificate for the user and the organisations for its groups, and Kubernetes comes with roles for
``system:kube-scheduler``, ``system:nodes`` and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devcluster import addresses

if TYPE_CHECKING:
    from pathlib import Path

MASTERS: Final = "system:masters"  # the group that may do everything
NODE_USER: Final = f"system:node:{addresses.NODE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a certificate says of its holder.

    Attributes:
        file: the name of the files, ``FILE.crt`` and ``FILE.key``.
        user: the common name.
        groups: the organisations.
        hosts: names and addresses it may serve as; none for a mere client.
    """

    file: str
    user: str
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


LOOPBACK: Final = ("localhost", "127.0.0.1")
IDENTITIES: Final = (
    Identity(
        file="apiserver",
        user="kube-apiserver",
        hosts=(
            *("kubernetes", "kubernetes.default", "kubernetes.default.svc"),
            *("kubernetes.default.svc.cluster.local", *LOOPBACK),
            *(addresses.API_SERVICE, addresses.NODE_ADDRESS),
        ),
    ),
    # The controller manager and the scheduler serve nothing but their health, on loopback.
    Identity(file="loopback", user="localhost", hosts=LOOPBACK),
    Identity(
        file="kubelet",
        user=NODE_USER,
        groups=("system:nodes",),
        hosts=(addresses.NODE, addresses.NODE_ADDRESS, *LOOPBACK),
    ),
    Identity(file="apiserver-kubelet-client", user="kube-apiserver-kubelet", groups=(MASTERS,)),
    Identity(file="admin", user="kubernetes-admin", groups=(MASTERS,)),
    Identity(file="kube-controller-manager", user="system:kube-controller-manager"),
    Identity(file="kube-scheduler", user="system:kube-scheduler"),
    Identity(file="kube-proxy", user="system:kube-proxy"),
)
AUTHORITY: Final = "ca"
SERVICE_ACCOUNT: Final = "service-account"  # signs the tokens of pods; a key without certificate


@dataclass(frozen=True, slots=True)
class Pair:
    """The two files of a certificate and its key."""

    certificate: Path
    key: Path


def pair(pki: Path, file: str) -> Pair:
    """Return where the files of an identity, or of the authority, are."""
    return Pair(pki / f"{file}.crt", pki / f"{file}.key")


def service_account_key(pki: Path) -> Path:
    """Return where the key is that signs the tokens of pods."""
    return pair(pki, SERVICE_ACCOUNT).key
