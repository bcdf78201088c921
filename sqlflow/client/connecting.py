"""What both clients know of the server that they talk to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from sqlflow.client import addresses, faults, logins

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow.client.logins import Login

C = TypeVar("C")

CONNECT_FOR = 5.0
"""Seconds in which a server that has never answered may come up."""

RETRY_FOR = 60.0
"""Seconds in which a server that has answered before may be away."""

MAX_MESSAGE = 64 * 1024 * 1024
"""Bytes of the largest answer: the most that a server can be told to make its pages."""


class Endpoint:
    """A server, and how patient one is with it.

    Attributes:
        server: ``HOST:PORT``.
        reached: whether it has ever answered; until then a wrong address is the likely fault.
    """

    def __init__(
        self, address: str | None, login: Login | None, *, connect_for: float, retry_for: float
    ) -> None:
        self.server = addresses.required_server(address)
        self._login = logins.Login.of_environment() if login is None else login
        self._login.check(self.server)
        self.reached = False
        self._connect_for = connect_for
        self._retry_for = retry_for

    def attempts(self) -> faults.Attempts:
        """Return what decides about retries of one request."""
        return faults.Attempts(self.server, self._retry_for if self.reached else self._connect_for)

    def open(self, plain: Callable[..., C], secure: Callable[..., C]) -> C:
        """Open a channel by one of two functions of gRPC.

        Raises:
            UserError: a file of the login can't be read.
        """
        credentials, options = self._login.credentials(), self.channel_options()
        if credentials is None:
            return plain(self.server, options=options)
        return secure(self.server, credentials, options=options)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what is sent with each call.

        Raises:
            UserError: the token can't be read.
        """
        return self._login.metadata()

    def working_directory(self) -> str:
        """Return what relative file names are relative to, if the server can see it."""
        return os.getcwd() if addresses.is_loopback(self.server) else ""  # noqa: PTH109  # a str

    def channel_options(self) -> list[tuple[str, int]]:
        """Return gRPC's settings: back at once after a restart, and no proxy to this machine."""
        options = [
            ("grpc.max_receive_message_length", MAX_MESSAGE),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
            # Channels of one process share a connection otherwise, and with it its back-off.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        if addresses.is_loopback(self.server):
            options.append(("grpc.enable_http_proxy", 0))
        return options
