"""A server on this machine for a notebook that names none.

It is a process: this package may not import the server, which may not even be installed. It ends
when this process does, however that comes about, since it reads its standard input to the end.
Jobs go on without it, and the next one finds them.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile

from sqlflow import errors
from sqlflow.client import addresses

COMMAND = [sys.executable, "-m", "sqlflow_cli", "serve", "--listen", "127.0.0.1:0", "--until-eof"]

HOW_TO = (
    "no server is named: give --server HOST:PORT, or set "
    f"{addresses.SERVER_VARIABLE}; `sqlflow serve` starts one"
)


class LocalServer:
    """Starts a server when it is first asked for its address."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._address = ""

    def address(self) -> str:
        """Return the address of a server that runs.

        Raises:
            UserError: it is not installed, or does not start; says why.
        """
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._start()
        return self._address

    def _start(self) -> None:
        if importlib.util.find_spec("sqlflow_server") is None:
            raise errors.UserError(HOW_TO)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
            process = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,  # a file, since nobody reads a pipe that fills
                text=True,
                env={"SQLFLOW_LOG_LEVEL": "error", **os.environ},
                # Ctrl-C is for the notebook's cell and not for the server.
                start_new_session=True,
            )
            assert process.stdout is not None
            self._address = process.stdout.readline().strip()
            if not self._address:
                process.communicate()
                log.seek(0)
                raise errors.UserError(f"no server could be started here:\n{log.read().strip()}")
        self._process = process

    def close(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.communicate()
            self._process = None
