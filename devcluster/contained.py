"""Runs a build so that nothing of it outlives us, however we end.

A build is a tree of processes, and some mount things. As root it becomes a PID and a mount
namespace of its own. When we die, even by ``kill -9``, the kernel ends ``unshare`` (pdeathsig),
with it the namespace's first process (``--kill-child``), with that all others, and with the last of
them go the mounts. Without root there are no such namespaces; a build then ends by itself, and what
it still writes is nowhere taken for done.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from devcluster import programs
from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CONTAINER: Final = (
    *("setpriv", "--pdeathsig", "KILL", "--"),
    *("unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "--"),
)


def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    hint: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    input: str | None = None,  # noqa: A002 (as in subprocess.run)
) -> str:
    """Run a program to its end and return what it wrote on stdout.

    The calling thread must live until then: the kernel takes its end for ours.

    Args:
        argv: the program, by path or as found on the PATH, and its arguments.
        what: what is being done, as the start of a message: ``"building helm"``.
        hint: the way out, should it fail.
        cwd: the folder to run it in; ours if None.
        env: the whole environment; ours if None.
        input: text for its stdin, which is empty otherwise.

    Raises:
        ClusterError: there is no such program, or it failed; with the last lines of its output.
    """
    path = None if env is None else env.get("PATH")
    if not shutil.which(argv[0], path=path):
        raise ClusterError(
            f"{what}: there is no program {argv[0]}", hint=programs.installing([str(argv[0])])
        )
    ended = subprocess.run(
        [*(CONTAINER if _possible() else ()), *argv],
        cwd=cwd,
        env=env,
        input=input or "",
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode:
        raise ClusterError(
            f"{what} failed: {_shown(argv)} {_end(ended.returncode)}",
            hint=hint,
            details=ended.stdout + ended.stderr,
        )
    return ended.stdout


def _possible() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0


def _shown(argv: Sequence[str | Path]) -> str:
    line = shlex.join(map(str, argv))
    return line if len(line) <= 100 else f"{line[:100]}…"


def _end(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
