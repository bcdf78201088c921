"""SQLFlow's operator, as Helm installs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.cluster.support.helm import apply_type

if TYPE_CHECKING:
    from tests.cluster.support.clusters import Cluster, Namespaces
    from tests.cluster.support.helm import Helm

DEPLOYMENT: Final = "deployment/sqlflow-operator"


@dataclass(frozen=True, slots=True)
class Operator:
    """A release of the chart.

    Attributes:
        namespace: its own.
        jobs: the one that it is told of, where the steps have a service account of the chart's
            making, and it has Roles if it does not serve the whole cluster.
    """

    cluster: Cluster
    helm: Helm
    namespace: str
    jobs: str

    @classmethod
    def install(cls, cluster: Cluster, helm: Helm, namespaces: Namespaces, **more: Any) -> Operator:
        """Install the chart with the images of this checkout, and wait until its operator is up.

        Args:
            more: values of the chart.
        """
        images = cluster.flavour.load(("control", "step"))
        apply_type(cluster.kubectl)
        operator = cls(cluster, helm, namespaces.make_bare(), namespaces.make_bare())
        values: dict[str, Any] = {
            "jobNamespaces": [operator.jobs],
            "operator": {"image": _parts(images["control"])},
            "steps": {"image": _parts(images["step"])},
            **more,
        }
        helm.upgrade(operator.namespace, values, wait=True)
        return operator

    def uninstall(self) -> None:
        self.helm.uninstall(self.namespace)

    def log(self) -> str:
        """Return what it has logged since it was started."""
        arguments = ("logs", DEPLOYMENT, f"--namespace={self.namespace}", "--tail=-1")
        return self.cluster.kubectl.run(*arguments)

    def metrics(self) -> str:
        """Return what Prometheus would read."""
        pods = f"/api/v1/namespaces/{self.namespace}/pods"
        label = "app.kubernetes.io/component=operator"
        name = self.cluster.kubectl.run(
            *("get", "pods", f"--namespace={self.namespace}", f"--selector={label}"),
            "--output=jsonpath={.items[0].metadata.name}",
        )
        return self.cluster.kubectl.run("get", "--raw", f"{pods}/{name}:9090/proxy/metrics")


def _parts(reference: str) -> dict[str, str]:
    repository, _, tag = reference.rpartition(":")
    return {"repository": repository, "tag": tag}
