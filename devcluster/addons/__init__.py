"""What runs in the cluster besides Kubernetes itself: DNS, Argo Workflows, two databases.

Everything is a manifest in ``manifests/`` and applied on the server's side, so a second time
changes nothing and restarts nothing. In a manifest ``${coredns}`` stands for the reference of the
image of that name, whose tag is a hash of what is in it.

Two things are not manifests of ours: Argo's CRDs, which come with its sources and are so large that
they are only applied when they differ, and the databases' password, made once for each cluster.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import string
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devcluster.addons import workloads
from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from devcluster.addons.kubectl import Kubectl

MANIFESTS: Final = Path(__file__).with_name("manifests")
READY: Final = 180.0  # seconds for all add-ons together
SERVED: Final = 60.0  # seconds for the API server to serve new types


@dataclass(frozen=True, slots=True)
class AddOn:
    """A Deployment that the cluster is not complete without, and the Service that leads to it."""

    name: str
    namespace: str
    service: str = ""


DNS: Final = AddOn("coredns", "kube-system", "kube-dns")
ADDONS: Final = (
    DNS,
    AddOn("workflow-controller", "argo"),
    AddOn("mariadb", "databases", "mariadb"),
    AddOn("postgresql", "databases", "postgresql"),
)


class _Manifest(string.Template):
    idpattern = "[a-z][a-z-]*"  # names of images have hyphens


def render(names: Iterable[str], values: Mapping[str, str]) -> str:
    """Return the manifests of these names as one stream of documents.

    Raises:
        KeyError: a manifest asks for a value that is not there.
    """
    texts = ((MANIFESTS / f"{name}.yaml").read_text("utf-8") for name in names)
    return "---\n".join(_Manifest(text).substitute(values) for text in texts)


def apply(kubectl: Kubectl, images: Mapping[str, str], crds: Path, *, dns: bool = True) -> None:
    """Bring the add-ons to what the manifests say; do not wait for them.

    Args:
        kubectl: the way to the cluster.
        images: the references by name.
        crds: the folder of Argo's CRDs.
        dns: whether the cluster needs our DNS; kind has its own.

    Raises:
        ClusterError: the API server refuses something.
    """
    # The databases and DNS start while the API server is busy with the CRDs.
    kubectl.apply("--filename=-", stdin=render(["namespaces"], images))
    _ensure_password(kubectl)
    first = ["dns", "databases"] if dns else ["databases"]
    kubectl.apply("--filename=-", stdin=render(first, images))
    digest = _digest(crds)
    _ensure_crds(kubectl, crds, digest)
    kubectl.apply("--filename=-", stdin=render(["argo", "jobs"], {**images, "crds": digest}))


def wait(kubectl: Kubectl, *, seconds: float = READY) -> None:
    """Wait until all add-ons are ready.

    Raises:
        ClusterError: one is not; it names which, and why.
    """
    deadline = time.monotonic() + seconds
    for addon in ADDONS:
        left = max(1.0, deadline - time.monotonic())
        try:
            kubectl.run(
                *("rollout", "status", f"deployment/{addon.name}", f"--timeout={left:.0f}s"),
                f"--namespace={addon.namespace}",
                seconds=left + 10,
            )
        except ClusterError as error:
            raise _not_ready(kubectl, seconds) or error from None


def _not_ready(kubectl: Kubectl, seconds: float) -> ClusterError | None:
    wrong = [it for it in workloads.look(kubectl, ADDONS) if not it.ok]
    if not wrong:
        return None
    return ClusterError(
        f"not ready after {seconds:.0f} s: {', '.join(it.name for it in wrong)}",
        details="\n".join(f"{it.name}: {it.message}" for it in wrong),
    )


def _ensure_password(kubectl: Kubectl) -> None:
    """Make the databases' password, unless there is one. It is in no argument list and no file."""
    where = ("secret", "database", "--namespace=databases")
    if kubectl.run("get", *where, "--ignore-not-found", "--output=name"):
        return
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "database", "namespace": "databases"},
        "stringData": {"password": secrets.token_urlsafe(24)},
    }
    kubectl.run("create", "--filename=-", stdin=json.dumps(secret))


def _ensure_crds(kubectl: Kubectl, folder: Path, digest: str) -> None:
    """Apply the CRDs and wait until they are served: Argo's controller ends if they are not."""
    applied = kubectl.run(
        *("get", "configmap", "crds", "--namespace=argo", "--ignore-not-found"),
        "--output=jsonpath={.data.digest}",
    )
    if applied != digest:
        kubectl.apply(*(f"--filename={file}" for file in _definitions(folder)))
        _await_crds(kubectl)


def _await_crds(kubectl: Kubectl) -> None:
    # `kubectl wait` gives up on a definition that has no conditions yet, as each new one is.
    deadline = time.monotonic() + SERVED
    while waiting := _not_served(kubectl):
        if time.monotonic() > deadline:
            raise ClusterError(f"not served after {SERVED:.0f} s: {', '.join(waiting)}")
        time.sleep(0.2)


def _not_served(kubectl: Kubectl) -> list[str]:
    line = '{.metadata.name} {.status.conditions}{"\\n"}'
    listed = kubectl.run("get", "crd", f"--output=jsonpath={{range .items[*]}}{line}{{end}}")
    found = (line.partition(" ") for line in listed.splitlines())
    return [name for name, _, conditions in found if not _served(conditions)]


def _served(conditions: str) -> bool:
    """Tell whether a type is served, from the JSON of its definition's conditions, if any."""
    return any(
        it["type"] == "Established" and it["status"] == "True"
        for it in json.loads(conditions or "null") or ()
    )


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in _definitions(folder):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _definitions(folder: Path) -> list[Path]:
    """Return the files themselves; through their kustomization, kubectl takes twice as long."""
    return sorted(folder.glob("argoproj.io_*.yaml"))
