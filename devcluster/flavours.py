"""The two ways to a cluster, and which of them this machine can go.

What a command does is the same on both (:class:`Flavour`); only how differs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args

from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from devcluster.addons.health import Health
    from devcluster.node.components import Settings
    from devcluster.places import Places

Name = Literal["kind", "node"]

VARIABLE: Final = "SQLFLOW_DEVCLUSTER_FLAVOUR"
ANSWER: Final = 20.0  # seconds for a Docker engine; one that is starting takes some


class Flavour(Protocol):
    """One cluster on this machine, running or not."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's login; the file is there while the cluster is."""

    @property
    def running(self) -> bool:
        """Whether there is a cluster, healthy or not."""

    @property
    def components(self) -> tuple[str, ...]:
        """What :meth:`log_command` and :meth:`restart` accept."""

    def up(self, settings: Settings) -> None:
        """Bring the cluster up, or what of it is missing or differs."""

    def down(self) -> None:
        """Remove the cluster. Caches stay."""

    def status(self) -> list[Health]:
        """Tell how each part is, by its name; the cluster is healthy if all are."""

    def load(self, names: Sequence[str]) -> dict[str, str]:
        """Bring images into the cluster; return the reference that a pod names for each."""

    def log_command(self, component: str, *, follow: bool) -> list[str]:
        """Return the command that prints a component's log."""

    def restart(self, component: str) -> None:
        """End a component and have it started again."""


def choose(environment: Mapping[str, str] = os.environ) -> Name:
    """Return the flavour for this machine.

    Raises:
        ClusterError: neither is possible; it says what each takes.
    """
    return decide(
        environment.get(VARIABLE, ""),
        docker_answers=_docker_answers,
        root=os.geteuid() == 0,
        debian=Path("/etc/debian_version").exists(),
    )


def decide(forced: str, *, docker_answers: Callable[[], bool], root: bool, debian: bool) -> Name:
    """Decide between the flavours; ``docker_answers`` is only asked where it matters.

    Raises:
        ClusterError: neither is possible, or ``forced`` is none.
    """
    names: tuple[Name, ...] = get_args(Name)
    for name in names:
        if forced == name:
            return name
    if forced:
        raise ClusterError(f"{VARIABLE} is {forced!r}; expected one of: {', '.join(names)}")
    if docker_answers():
        return "kind"
    if root and debian:
        return "node"
    missing = "root" if debian else "Debian"
    raise ClusterError(
        f"a cluster can't run here: no Docker engine answers, and this is not {missing}",
        hint="it takes a Docker engine ('docker info' tells whether one answers) or root on Debian",
    )


def open_cluster(places: Places, environment: Mapping[str, str] = os.environ) -> Flavour:
    """Return this machine's cluster, running or not.

    Raises:
        ClusterError: there can't be one here.
    """
    if choose(environment) == "kind":
        from devcluster.kind import KindCluster

        return KindCluster(places)
    from devcluster.node.cluster import NodeCluster

    return NodeCluster(places)


def kubectl(places: Places) -> Path:
    """Return the machine's own kubectl, or the one of the cluster's version, which is built.

    Raises:
        ClusterError: it can't be built.
    """
    if own := shutil.which("kubectl"):
        return Path(own)
    from devcluster.go import binaries

    return binaries.ensure(places.cache, ["kubectl"])["kubectl"]


def helm(places: Places) -> Path:
    """Return the helm that the chart is tested with, which is built.

    Raises:
        ClusterError: it can't be built.
    """
    from devcluster.go import binaries

    return binaries.ensure(places.cache, ["helm"])["helm"]


def _docker_answers() -> bool:
    command = shutil.which("docker")
    if command is None:
        return False
    asked = [command, "info", "--format", "{{.ServerVersion}}"]
    try:
        done = subprocess.run(asked, check=False, capture_output=True, timeout=ANSWER)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
