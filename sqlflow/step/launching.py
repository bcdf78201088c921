"""Starts the child of a step, with its pipes.

This comes first in the parent's life, so that both processes load their modules side by side; so
this module imports next to nothing.
"""

from __future__ import annotations

import os
import sys


class Child:
    """A child process and the parent's ends of its pipes. It leads a process group of its own.

    Attributes:
        pid: of the process, and the id of its group.
        stdout: what it prints.
        stderr: what it prints there.
        records: its rows and statuses.
    """

    def __init__(self, *arguments: str) -> None:
        """Start :mod:`sqlflow.step.child` with these arguments, and the pipes' numbers.

        Raises:
            OSError: it can't be started.
        """
        self.stdout, stdout = os.pipe()
        self.stderr, stderr = os.pipe()
        self.records, records = os.pipe()
        lifeline, self._lifeline = os.pipe()
        inherited = (records, lifeline)
        for fd in inherited:
            os.set_inheritable(fd, True)
        # -P: a file in the job's directory must not stand in for a module.
        command = [sys.executable, "-P", "-m", "sqlflow.step.child"]
        try:
            self.pid = os.posix_spawn(
                sys.executable,
                [*command, *arguments, *map(str, inherited)],
                {**os.environ, "MPLBACKEND": "Agg"},  # no screen here; a notebook names its own
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, stdout, 1),
                    (os.POSIX_SPAWN_DUP2, stderr, 2),
                ],
                setpgroup=0,
                setsigmask=(),
            )
        finally:
            for fd in (stdout, stderr, *inherited):
                os.close(fd)
