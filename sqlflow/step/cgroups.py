"""What the kernel says about memory: how many processes of this cgroup it killed for want of it."""

# ruff: noqa: PTH118, PTH123 - the parent starts without pathlib

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MOUNT = "/sys/fs/cgroup"
_MINE = "/proc/self/cgroup"


def oom_kills(*, mount: Path | str = _MOUNT, mine: Path | str = _MINE) -> int:
    """Return the count so far; 0 where it can't be read (cgroup v1, no cgroups at all)."""
    try:
        path = _read(mine).strip().removeprefix("0::/")
        lines = _read(os.path.join(mount, path, "memory.events")).splitlines()
    except OSError:
        return 0
    counts = dict(line.split() for line in lines)
    return int(counts.get("oom_kill", 0))


def _read(path: Path | str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
