"""The programs that come from Debian: those of a node, and those that make its images."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Components find iptables, mount and their like here. The caller's own PATH has no say.
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CNI_PLUGINS: Final = Path("/usr/lib/cni")

# A program that a component is, or that is called, and the package that has it.
PACKAGES: Final = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "runc": "runc",
    "docker-registry": "docker-registry",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "buildah": "buildah",
    "skopeo": "skopeo",
    "mmdebstrap": "mmdebstrap",
    "bridge": "containernetworking-plugins",
    "portmap": "containernetworking-plugins",
    "host-local": "containernetworking-plugins",
    "loopback": "containernetworking-plugins",
}
PLUGINS: Final = frozenset(
    name for name, package in PACKAGES.items() if package == "containernetworking-plugins"
)


def find(path: str = PATH, plugins: Path = CNI_PLUGINS) -> dict[str, Path]:
    """Return where each program is.

    Raises:
        ClusterError: names all that are missing, and the command that installs them.
    """
    found, missing = {}, []
    for name in PACKAGES:
        place = shutil.which(name, path=str(plugins) if name in PLUGINS else path)
        if place:
            found[name] = Path(place)
        else:
            missing.append(name)
    if missing:
        raise ClusterError(
            f"the cluster needs programs that are not installed: {', '.join(missing)}",
            hint=installing(missing),
        )
    return found


def installing(names: Iterable[str]) -> str:
    """Return the command that installs programs, as a hint; nothing if none is known of."""
    packages = sorted({PACKAGES[name] for name in names if name in PACKAGES})
    return f"on Debian: apt-get install {' '.join(packages)}" if packages else ""
