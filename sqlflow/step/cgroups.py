"""What the kernel says about memory: how many processes of this cgroup it killed for want of it."""

from __future__ import annotations

from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup")
_MINE = Path("/proc/self/cgroup")


def oom_kills(*, mount: Path = _MOUNT, mine: Path = _MINE) -> int:
    """Return the count so far; 0 where it can't be read (cgroup v1, no cgroups at all)."""
    try:
        path = mine.read_text(encoding="utf-8").strip().removeprefix("0::/")
        lines = (mount / path / "memory.events").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    counts = dict(line.split() for line in lines)
    return int(counts.get("oom_kill", 0))
