"""What a cluster could leave behind on the machine that it ran on."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devcluster.node.cgroups import MOUNTS, hierarchies

if TYPE_CHECKING:
    from collections.abc import Iterator

CGROUP_PREFIX: Final = "sqlflow-devcluster-"
# What services of the machine itself come and go in.
OTHERS_CGROUPS: Final = ("system.slice", "user.slice", "init.scope")
# The kubelet, kube-proxy and CNI's plugins change some of these, in their namespaces or for all.
SYSCTLS: Final = (
    *("kernel/panic", "kernel/panic_on_oops", "kernel/hostname"),
    *("kernel/keys/root_maxbytes", "kernel/keys/root_maxkeys"),
    *("vm/overcommit_memory", "vm/panic_on_oom"),
    *("net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding", "net/ipv4/conf/all/route_localnet"),
    *("net/ipv4/conf/all/rp_filter", "net/ipv6/conf/all/forwarding"),
    *("net/bridge/bridge-nf-call-iptables", "net/netfilter/nf_conntrack_max"),
)
FOLDERS: Final = (
    *("/run/netns", "/run/containerd", "/run/flannel", "/var/run/kubernetes"),
    *("/var/lib/kubelet", "/var/lib/cni", "/var/lib/etcd/member", "/var/lib/kube-proxy"),
    *("/var/log/pods", "/var/log/containers", "/etc/cni/net.d", "/etc/kubernetes"),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine at one moment, outside the namespaces of its clusters.

    Attributes:
        firewall: rules and chains; not the counters, not the empty tables.
        cgroups: without those of other clusters.
        folders: which of those that Kubernetes uses to make are there.
    """

    mounts: frozenset[str]
    devices: frozenset[str]
    addresses: frozenset[str]
    routes: frozenset[str]
    rules: frozenset[str]
    firewall: frozenset[str]
    cgroups: frozenset[str]
    sysctls: frozenset[str]
    folders: frozenset[str]

    @classmethod
    def now(cls, cluster: str) -> Machine:
        """Look at the machine.

        Args:
            cluster: the name of the cluster whose cgroups are looked for.
        """
        return cls(
            mounts=frozenset(_mounts(MOUNTS.read_text("utf-8"))),
            devices=_lines("ip", "-oneline", "link", "show"),
            addresses=_lines("ip", "-brief", "address", "show"),
            routes=_lines("ip", "route", "show", "table", "all"),
            rules=_lines("ip", "rule", "show"),
            firewall=frozenset(
                line
                for command in ("iptables-save", "ip6tables-save")
                for line in _firewall(_lines(command))
            ),
            cgroups=frozenset(_cgroups(cluster)),
            sysctls=frozenset(_sysctls()),
            folders=frozenset(folder for folder in FOLDERS if Path(folder).exists()),
        )

    def differences(self, before: Machine) -> list[str]:
        """Say what came and what went since another moment."""
        found = []
        for field in fields(self):
            old, new = getattr(before, field.name), getattr(self, field.name)
            found += [f"{field.name}: new: {it}" for it in sorted(new - old)]
            found += [f"{field.name}: gone: {it}" for it in sorted(old - new)]
        return found


def processes_naming(text: str) -> dict[int, str]:
    """Return the command lines of all processes that name something, such as a folder."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # It has ended meanwhile.
            command = (folder / "cmdline").read_text("utf-8", "replace").replace("\0", " ")
            if text in command and int(folder.name) != os.getpid():
                found[int(folder.name)] = command
    return found


def descendants(pid: int) -> dict[int, str]:
    """Return a process and all below it, each with the time it was started at, in clock ticks."""
    processes = dict(_processes())
    found, waiting = {}, [pid]
    while waiting:
        current = waiting.pop()
        if current in processes:
            found[current] = processes[current][1]
            waiting += [child for child, (parent, _) in processes.items() if parent == current]
    return found


def still_there(known: dict[int, str]) -> set[int]:
    """Return those of some processes that have not ended; a number may mean another by now."""
    return {pid for pid, (_, started) in _processes() if known.get(pid) == started}


def _processes() -> Iterator[tuple[int, tuple[int, str]]]:
    """Give each process with its parent and the time it was started at, see proc_pid_stat(5)."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # It has ended meanwhile.
            stat = (folder / "stat").read_text("utf-8", "replace")
            after_name = stat.rpartition(")")[2].split()
            yield int(folder.name), (int(after_name[1]), after_name[19])


def _mounts(mountinfo: str) -> Iterator[str]:
    for line in mountinfo.splitlines():
        # Without the numbers of the mount and its parent: what is mounted where, and how.
        yield " ".join(line.split()[2:])


def _firewall(lines: frozenset[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("-A") or (line.startswith(":") and " ACCEPT " not in line):
            yield re.sub(r"\[\d+:\d+\]", "", line)


def _cgroups(cluster: str) -> Iterator[str]:
    """Give all cgroups of the cluster, and the outermost of others: what is in them is theirs."""
    for root in hierarchies(MOUNTS.read_text("utf-8")):
        for top in filter(Path.is_dir, root.iterdir()):
            if _concerns(top.name, cluster):
                yield str(top)
            if top.name == cluster:
                yield from (str(it) for it in top.rglob("*") if it.is_dir())


def _concerns(folder: str, cluster: str) -> bool:
    ours = folder.startswith(CGROUP_PREFIX)
    return folder == cluster if ours else folder not in OTHERS_CGROUPS


def _sysctls() -> Iterator[str]:
    for name in SYSCTLS:
        file = Path("/proc/sys") / name
        if file.exists():
            yield f"{name} = {file.read_text('ascii').strip()}"


def _lines(*command: str) -> frozenset[str]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return frozenset(done.stdout.splitlines())
