"""What a node's namespaces do not contain: its cgroups.

The kubelet puts each pod into a cgroup below one that is ours alone, in every hierarchy. The kernel
keeps empty cgroups, so they are removed by hand, after the node has ended.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Final

from devcluster.errors import ClusterError

MOUNTS: Final = Path("/proc/self/mountinfo")
CONTROLLERS: Final = ("cpu", "cpuset", "io", "memory", "pids")
GONE: Final = 10.0  # seconds for the kernel to let go of the cgroup of a killed process


def hierarchies(mountinfo: str) -> dict[Path, str]:
    """Return where cgroups are mounted, and whether as ``cgroup`` (version 1) or ``cgroup2``.

    Args:
        mountinfo: the text of ``/proc/self/mountinfo``; its format is in proc(5).
    """
    found = {}
    for line in mountinfo.splitlines():
        place, _, kind = line.partition(" - ")
        if kind.split()[0] in {"cgroup", "cgroup2"}:
            found[Path(place.split()[4])] = kind.split()[0]
    return found


def make(name: str) -> None:
    """Make the cgroup that all pods of a cluster live under, in each hierarchy."""
    for root, version in hierarchies(MOUNTS.read_text("ascii")).items():
        if version == "cgroup2":
            _enable_controllers(root)
        folder = root / name
        folder.mkdir(exist_ok=True)
        if version == "cgroup2":
            _enable_controllers(folder)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            # Version 1 makes a cpuset empty, and nothing can run in it. It takes its parent's.
            if version == "cgroup" and (folder / setting).exists():
                (folder / setting).write_text((root / setting).read_text("ascii"), "ascii")


def remove(name: str) -> None:
    """Remove the cgroups of a cluster whose processes have been ended.

    Raises:
        ClusterError: something still runs in one of them.
    """
    deadline = time.monotonic() + GONE
    left = find(name)
    while left:
        for folder in left:
            with contextlib.suppress(OSError):
                folder.rmdir()
        left = find(name)
        if left and time.monotonic() > deadline:
            pids = {
                pid
                for folder in left
                for pid in (folder / "cgroup.procs").read_text("ascii").split()
            }
            raise ClusterError(f"cgroup {left[-1]} can't be removed; processes in it: {pids}")
        if left:
            time.sleep(0.05)


def find(name: str) -> list[Path]:
    """Return the cgroups of a cluster, the innermost first."""
    found = []
    for root in hierarchies(MOUNTS.read_text("ascii")):
        top = root / name
        if top.is_dir():
            found += [top, *(folder for folder in top.rglob("*") if folder.is_dir())]
    return sorted(found, key=lambda folder: len(folder.parts), reverse=True)


def _enable_controllers(folder: Path) -> None:
    available = (folder / "cgroup.controllers").read_text("ascii").split()
    for controller in set(CONTROLLERS) & set(available):
        (folder / "cgroup.subtree_control").write_text(f"+{controller}", "ascii")
