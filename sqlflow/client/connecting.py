"""What both clients know of the server that they talk to."""

from __future__ import annotations

import os

from sqlflow.client import addresses, faults

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

    def __init__(self, address: str | None, *, connect_for: float, retry_for: float) -> None:
        self.server = addresses.required_server(address)
        self.reached = False
        self._connect_for = connect_for
        self._retry_for = retry_for

    def attempts(self) -> faults.Attempts:
        """Return what decides about retries of one request."""
        return faults.Attempts(self.server, self._retry_for if self.reached else self._connect_for)

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
