"""SQLFlow's operator, as Helm installs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.cluster.support.helm import apply_type

if TYPE_CHECKING:
    from tests.cluster.support.clusters import Cluster, Namespaces
    from tests.cluster.support.helm import Helm

DEPLOYMENT: Final = "deployment/sqlflow-operator"
LABEL: Final = "app.kubernetes.io/component=operator"


@dataclass(frozen=True, slots=True)
class Operator:
    """A release of the chart.

    Attributes:
        namespace: its own.
        jobs: the one that it is told of, where the steps have a service account of the chart's
            making, and it has Roles if it does not serve the whole cluster.
        values: of the chart.
    """

    cluster: Cluster
    helm: Helm
    namespace: str
    jobs: str
    values: dict[str, Any]

    @classmethod
    def install(cls, cluster: Cluster, helm: Helm, namespaces: Namespaces, **more: Any) -> Operator:
        """Install the chart with the images of this checkout, and wait until its operator is up.

        Args:
            more: values of the chart.
        """
        images = cluster.flavour.load(("control", "step"))
        apply_type(cluster.kubectl)
        namespace, jobs = namespaces.make_bare(), namespaces.make_bare()
        values: dict[str, Any] = {
            "jobNamespaces": [jobs],
            "operator": {"image": _parts(images["control"])},
            "server": {"image": _parts(images["control"]), "auth": "none"},
            "steps": {"image": _parts(images["step"])},
            **more,
        }
        operator = cls(cluster, helm, namespace, jobs, values)
        operator.upgrade(wait=True)
        return operator

    def upgrade(self, *, wait: bool, **more: Any) -> None:
        """Bring the release to its values, and these besides."""
        self.helm.upgrade(self.namespace, {**self.values, **more}, wait=wait)

    def pods(self) -> list[dict[str, Any]]:
        """Return the operator's pods, the oldest first."""
        found = self.cluster.kubectl.items(
            *("pods", f"--namespace={self.namespace}", f"--selector={LABEL}"),
        )
        return sorted(found, key=lambda it: str(it["metadata"]["creationTimestamp"]))

    def uninstall(self) -> None:
        self.helm.uninstall(self.namespace)

    def log(self) -> str:
        """Return what it has logged since it was started."""
        arguments = ("logs", DEPLOYMENT, f"--namespace={self.namespace}", "--tail=-1")
        return self.cluster.kubectl.run(*arguments)

    def metrics(self) -> str:
        """Return what Prometheus would read."""
        pods = f"/api/v1/namespaces/{self.namespace}/pods"
        name = self.pods()[0]["metadata"]["name"]
        return self.cluster.kubectl.run("get", "--raw", f"{pods}/{name}:9090/proxy/metrics")


def _parts(reference: str) -> dict[str, str]:
    repository, _, tag = reference.rpartition(":")
    return {"repository": repository, "tag": tag}
