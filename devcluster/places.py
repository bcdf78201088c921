"""Where a cluster keeps its files and on which ports it is reached.

Two folders, neither in the checkout:

* the *cache* holds what is expensive to make and named by a hash of what makes it: binaries,
  images, the registry's blobs. Clusters share it; it may be deleted at any time.
* the *state* is one cluster's: keys, configuration, logs, etcd. It is of no use without the
  running cluster, and ``down`` empties it.

Tests give a second cluster folders and ports of its own through the same variables.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT: Final = Path(__file__).resolve().parent.parent
# The node has a /run and a /var of its own, so it could not see files that lie there.
HIDDEN: Final = (Path("/run"), Path("/var"))
# What the kernel allows for the path of a socket (unix(7)), less `/run/` and the longest name.
LONGEST: Final = 107 - 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders and ports of one cluster.

    Attributes:
        project: the checkout whose images are built.
        api_port: the port of 127.0.0.1 where the API server is reached.
        registry_port: the port of 127.0.0.1 where images are pushed.
    """

    project: Path
    cache: Path
    state: Path
    api_port: int
    registry_port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Places:
        """Read ``SQLFLOW_DEVCLUSTER_CACHE``, ``_STATE``, ``_API_PORT``, ``_REGISTRY_PORT``.

        Raises:
            ClusterError: a port is no number, or the state lies where a node could not see it.
        """
        home = Path(environment.get("HOME", "/"))
        cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
        state = Path(environment.get("XDG_STATE_HOME") or home / ".local/state")
        name = "sqlflow-devcluster"
        given = environment.get
        return cls(
            project=PROJECT,
            cache=_visible(Path(given("SQLFLOW_DEVCLUSTER_CACHE") or cache / name)),
            state=_short(_visible(Path(given("SQLFLOW_DEVCLUSTER_STATE") or state / name))),
            api_port=_port(environment, "SQLFLOW_DEVCLUSTER_API_PORT", 16443),
            registry_port=_port(environment, "SQLFLOW_DEVCLUSTER_REGISTRY_PORT", 15000),
        )

    @property
    def name(self) -> str:
        """What marks this cluster's cgroups among those of other clusters on the machine."""
        return f"sqlflow-devcluster-{hashlib.sha256(bytes(self.state)).hexdigest()[:8]}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's login, as seen from outside the node."""
        return self.state / "kubeconfig"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def config(self) -> Path:
        return self.state / "config"

    @property
    def logs(self) -> Path:
        """One file a component: ``NAME.log``."""
        return self.state / "logs"

    @property
    def run(self) -> Path:
        """Sockets and locks."""
        return self.state / "run"

    @property
    def data(self) -> Path:
        """What the components themselves write: etcd, kubelet, CNI. Gone with the cluster."""
        return self.state / "data"

    @property
    def containerd(self) -> Path:
        """Unpacked images. ``down`` keeps them: they are what makes the next start fast."""
        return self.state / "containerd"


def _visible(folder: Path) -> Path:
    folder = folder.absolute()
    if any(folder.is_relative_to(hidden) for hidden in HIDDEN):
        raise ClusterError(
            f"{folder} can't hold a cluster's files: the node has a /run and a /var of its own",
            hint="name another folder in SQLFLOW_DEVCLUSTER_STATE or SQLFLOW_DEVCLUSTER_CACHE",
        )
    return folder


def _short(folder: Path) -> Path:
    if len(bytes(folder)) > LONGEST:
        raise ClusterError(
            f"{folder} is too long for a socket in it: at most {LONGEST} bytes are possible",
            hint="name a shorter one in SQLFLOW_DEVCLUSTER_STATE",
        )
    return folder


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ClusterError(f"{name} is {text!r}; expected a port, 1 to 65535")
    return int(text)
