"""How a server and its jobs are named.

A server is ``HOST:PORT``. A job is its id, or the monitor URL that Run gave, which on a server
without a cluster is ``sqlflow://HOST:PORT/jobs/ID`` and so names the server too.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from sqlflow import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER_VARIABLE = "SQLFLOW_SERVER"

_SERVER = re.compile(r"(?:sqlflow://)?(?P<server>(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5})/?")
_MONITOR = re.compile(r"sqlflow://(?P<server>[^/\s]+:[0-9]+)/jobs/(?P<id>[^/\s]+)")


def named_server(
    address: str | None = None, environment: Mapping[str, str] = os.environ
) -> str | None:
    """Return the server that is asked for, by argument or by environment, as ``HOST:PORT``.

    Raises:
        UserError: it is not of that form.
    """
    text = address or environment.get(SERVER_VARIABLE)
    if not text:
        return None
    match = _SERVER.fullmatch(text.strip())
    if match is None:
        raise errors.UserError(f"expected a server as HOST:PORT, found {text!r}")
    return match["server"]


def required_server(address: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Return the server that is asked for.

    Raises:
        UserError: none is named.
    """
    server = named_server(address, environment)
    if server is None:
        raise errors.UserError(
            f"no server is named: give its HOST:PORT, or set {SERVER_VARIABLE}; "
            "`sqlflow serve` starts one"
        )
    return server


def server_of(job: str) -> str | None:
    """Return the server that a monitor URL names; None for a bare id."""
    match = _MONITOR.fullmatch(job)
    return match["server"] if match else None


def is_loopback(server: str) -> bool:
    """Whether a server is on this machine, and so sees the same files."""
    host = server.rpartition(":")[0].strip("[]")
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.[0-9]{1,3}){3}", host) is not None
