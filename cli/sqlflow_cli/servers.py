"""Finds the server that a command talks to: the one that is named, or one in this process."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sqlflow_cli import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.client import Client


@contextlib.contextmanager
def connected(
    server: str | None, *, ca: str | None = None, token_file: str | None = None, job: str = ""
) -> Iterator[Client]:
    """Yield a client.

    Args:
        server: as named on the command line or in the environment.
        ca: file with the authorities to trust, likewise.
        token_file: file with the caller's token, likewise.
        job: may be a monitor URL, which names a server too.
    """
    from sqlflow.client import Client, Login, addresses

    named = addresses.named_server(server or addresses.server_of(job))
    with contextlib.ExitStack() as stack:
        if named:
            login = Login.of_environment(ca=ca or "", token_file=token_file or "")
            yield stack.enter_context(Client(named, login=login))
        else:
            address = stack.enter_context(serving.in_process())
            yield stack.enter_context(Client(address, login=Login()))
