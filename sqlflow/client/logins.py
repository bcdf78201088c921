"""How a client proves who it is, and how it knows that it talks to the right server.

==========================  ==================================================================
``SQLFLOW_CA``              file with the authorities that sign servers' certificates, or
                            ``system`` for those that gRPC comes with; if set, TLS is spoken
``SQLFLOW_CERTIFICATE``     file with the client's own, for servers that ask for one
``SQLFLOW_KEY``             file with its key
``SQLFLOW_TOKEN``           sent with each call
``SQLFLOW_TOKEN_FILE``      the same in a file, read anew for each call, as tokens are renewed
``SQLFLOW_INSECURE_TOKEN``  ``true``: send the token without TLS too, to any machine
==========================  ==================================================================
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc

from sqlflow import errors
from sqlflow.client import addresses

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM: Final = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a client shows, and what it wants to be shown.

    Attributes:
        ca: file with the authorities to trust, or ``system``; empty: no TLS.
        certificate: file with the client's own certificate.
        key: file with its key.
        token: sent with each call. A secret.
        token_file: the same, in a file.
        insecure_token: send it without TLS too.
    """

    ca: str = ""
    certificate: str = ""
    key: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""
    insecure_token: bool = False

    @classmethod
    def of_environment(
        cls, environment: Mapping[str, str] = os.environ, *, ca: str = "", token_file: str = ""
    ) -> Login:
        """Return what the environment says, but for what is given."""

        def variable(name: str) -> str:
            return environment.get(f"SQLFLOW_{name}", "")

        return cls(
            ca=ca or variable("CA"),
            certificate=variable("CERTIFICATE"),
            key=variable("KEY"),
            token="" if token_file else variable("TOKEN"),
            token_file=token_file or variable("TOKEN_FILE"),
            insecure_token=variable("INSECURE_TOKEN").lower() in ("1", "true", "yes"),
        )

    def credentials(self) -> grpc.ChannelCredentials | None:
        """Return what TLS is spoken with; None: it is not.

        Raises:
            UserError: a file can't be read.
        """
        if not self.ca:
            if self.certificate or self.key:
                raise errors.UserError("a client's certificate needs TLS: name the server's CA too")
            return None
        return grpc.ssl_channel_credentials(
            None if self.ca == SYSTEM else _read(self.ca, "the CA file"),
            _read(self.key, "the key file") if self.key else None,
            _read(self.certificate, "the certificate file") if self.certificate else None,
        )

    def check(self, server: str) -> None:
        """See whether a token would be sent where others can read it.

        Raises:
            UserError: it would.
        """
        has_token = bool(self.token or self.token_file)
        if has_token and not (self.ca or self.insecure_token or addresses.is_loopback(server)):
            raise errors.UserError(
                f"the token would go to {server} without TLS, where others can read it:"
                " name the server's CA (SQLFLOW_CA, or 'system'), or allow it by"
                " SQLFLOW_INSECURE_TOKEN=true"
            )

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what is sent with a call.

        Raises:
            UserError: the token can't be read, or can't be one.
        """
        token = self.token
        if self.token_file and not token:
            token = _read(self.token_file, "the token file").decode("utf-8", "replace")
        token = token.strip()
        if not token:
            return ()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise errors.UserError("the token holds characters that no token has")
        return (("authorization", f"Bearer {token}"),)


def _read(file: str, what: str) -> bytes:
    try:
        return Path(file).expanduser().read_bytes()
    except OSError as error:
        raise errors.UserError(f"{what} {file} can't be read: {error.strerror}") from error
