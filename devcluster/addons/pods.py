"""Components that are pods: reached through the API server, on both flavours alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devcluster.addons import ADDONS

if TYPE_CHECKING:
    from devcluster.addons.kubectl import Kubectl

NAMESPACES: Final = {addon.name: addon.namespace for addon in ADDONS}
READY: Final = 120  # seconds for a new pod to be ready


def log_command(kubectl: Kubectl, component: str, *, follow: bool) -> list[str]:
    """Return the command that prints a component's log, as far as the kubelet has it."""
    return [
        *(str(kubectl.binary), f"--kubeconfig={kubectl.kubeconfig}", "logs"),
        *(f"--namespace={NAMESPACES[component]}", f"deployment/{component}"),
        *(["--follow"] if follow else []),
    ]


def restart(kubectl: Kubectl, component: str) -> None:
    """Replace a component's pods, and wait until the new ones are ready.

    Raises:
        ClusterError: they are not, or the API server does not answer.
    """
    what = (f"--namespace={NAMESPACES[component]}", f"deployment/{component}")
    kubectl.run("rollout", "restart", *what)
    kubectl.run("rollout", "status", f"--timeout={READY}s", *what, seconds=READY + 10)
