"""Binds addresses: with TLS if there is a certificate, which is never left out silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.errors import UnavailableError
from sqlflow_server.tls import Certificates, Files

if TYPE_CHECKING:
    import grpc

    from sqlflow_server.settings import Settings


def bind(server: grpc.aio.Server, settings: Settings) -> str:
    """Have a server listen where and how the settings say; return the address.

    Raises:
        UserError: the certificate can't be used.
        UnavailableError: the address is taken.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return bind_plain(server, settings.listen)
    files = Files(settings.tls_certificate, settings.tls_key, settings.tls_client_ca)
    credentials = Certificates(files).credentials()
    try:
        port = server.add_secure_port(settings.listen, credentials)
    except RuntimeError as error:
        raise _taken(settings.listen, error) from error
    return _address(settings.listen, port)


def bind_plain(server: grpc.aio.Server, address: str) -> str:
    """Have a server listen without TLS; return the address.

    Raises:
        UnavailableError: the address is taken.
    """
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise _taken(address, error) from error
    return _address(address, port)


def _address(asked: str, port: int) -> str:
    return f"{asked.rpartition(':')[0]}:{port}"


def _taken(address: str, error: RuntimeError) -> UnavailableError:
    return UnavailableError(f"can't listen on {address}: {error}")
