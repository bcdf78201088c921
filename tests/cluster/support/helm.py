"""Helm, as it is built for the cluster, and the chart of this project."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from devcluster.go import binaries
from devcluster.places import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from devcluster.addons.kubectl import Kubectl
    from tests.cluster.support.clusters import Cluster

CHART: Final = PROJECT / "deploy" / "helm" / "sqlflow"
CRD: Final = CHART / "files" / "sqlflowjobs.sqlflow.org.yaml"
SECONDS: Final = 180


def apply_type(kubectl: Kubectl) -> None:
    """Bring the type SQLFlowJob to this checkout's. It is the cluster's, and no release's."""
    kubectl.run("apply", "--server-side", "--force-conflicts", f"--filename={CRD}")


class HelmError(Exception):
    """Helm refused; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Helm:
    """The command for one cluster.

    Attributes:
        home: where it keeps what it remembers.
    """

    binary: Path
    kubeconfig: Path
    home: Path

    @classmethod
    def of(cls, cluster: Cluster, home: Path) -> Helm:
        binary = binaries.ensure(cluster.places.cache, ["helm"])["helm"]
        return cls(binary, cluster.flavour.kubeconfig, home)

    def lint(self, values: dict[str, Any]) -> str:
        return self._run("lint", "--strict", str(CHART), values=values)

    def template(
        self, namespace: str, values: dict[str, Any], *, types: str = ""
    ) -> list[dict[str, Any]]:
        """Return the objects that an installation would make.

        Args:
            types: of the cluster, besides Kubernetes's own.
        """
        options = (f"--api-versions={types}",) if types else ()
        arguments = ("template", "sqlflow", str(CHART), *options)
        text = self._run(*arguments, namespace=namespace, values=values)
        return [it for it in yaml.safe_load_all(text) if it]

    def upgrade(self, namespace: str, values: dict[str, Any], *, wait: bool) -> None:
        """Install the release `sqlflow`, or bring the one that is there to these values."""
        waiting = "--wait=watcher" if wait else "--wait=hookOnly"
        options = ("--install", waiting, f"--timeout={SECONDS}s")
        self._run("upgrade", "sqlflow", str(CHART), *options, namespace=namespace, values=values)

    def notes(self, namespace: str) -> str:
        """Return what the installation of the release `sqlflow` said in the end."""
        return self._run("get", "notes", "sqlflow", namespace=namespace)

    def uninstall(self, namespace: str) -> None:
        """Remove the release `sqlflow` and wait until its objects are gone."""
        arguments = ("uninstall", "sqlflow", "--ignore-not-found", "--wait=watcher")
        self._run(*arguments, f"--timeout={SECONDS}s", namespace=namespace)

    def _run(
        self, *arguments: str, namespace: str = "default", values: dict[str, Any] | None = None
    ) -> str:
        command = [str(self.binary), *arguments, f"--namespace={namespace}"]
        given = None
        if values is not None:
            command.append("--values=-")
            given = json.dumps(values)
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            input=given,
            timeout=2 * SECONDS,
            env={"HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig), "PATH": ""},
        )
        if done.returncode:
            raise HelmError(done.stdout + done.stderr)
        return done.stdout
