"""Logins to the API server: one a component, and the administrator's for outside the node."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from devcluster import addresses, files
from devcluster.node.identities import AUTHORITY, pair
from devcluster.node.templates import fill

if TYPE_CHECKING:
    from pathlib import Path

    from devcluster.places import Places

CONTEXT: Final = "sqlflow"
# Components with a login; the files of their certificates have the same names.
INSIDE: Final = ("kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager")


def inside(places: Places, component: str) -> Path:
    """Return the login of a component, as it is used in the node."""
    return places.config / f"{component}.kubeconfig"


def write(places: Places) -> None:
    """Write all logins. They hold the keys themselves, so they can be moved, and are secret."""
    api = f"https://127.0.0.1:{addresses.API_PORT}"
    for component in INSIDE:
        files.write(inside(places, component), _login(places.pki, component, server=api))
    forwarded = f"https://127.0.0.1:{places.api_port}"
    files.write(places.kubeconfig, _login(places.pki, "admin", server=forwarded))


def _login(pki: Path, identity: str, *, server: str) -> bytes:
    login = pair(pki, identity)
    return fill(
        "kubeconfig.yaml.in",
        context=CONTEXT,
        user=identity,
        server=server,
        authority=_base64(pair(pki, AUTHORITY).certificate),
        certificate=_base64(login.certificate),
        key=_base64(login.key),
    )


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
