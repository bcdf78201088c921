"""TLS with certificates that may be replaced while the server runs, as cert-manager does.

Before each handshake gRPC asks whether there is a new certificate. A look at the files costs one
stat each. A new pair is taken if it is whole and fits together; else the one before stays, and the
log says why, once. Nothing here ever leads to a connection without TLS.
"""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
import structlog

from sqlflow.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

_log = structlog.get_logger(__name__)

Mark = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Files:
    """Where the certificate is, its key, and if clients need one too, who signs theirs."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def mark(self) -> Mark:
        """Return what differs once a file was replaced."""
        files = (self.certificate, self.key, self.client_ca)
        stats = [file.stat() for file in files if file is not None]
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)


class Certificates:
    """The certificate to serve with.

    Raises:
        UserError: there is no usable one.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._lock = threading.Lock()  # gRPC asks from threads of its own.
        try:
            self._seen: Mark = files.mark()
            self._first = _read(files)
        except (OSError, ValueError) as error:
            raise UserError(f"TLS can't be served: {_why(error)}") from error

    def credentials(self) -> grpc.ServerCredentials:
        """Return what a port of gRPC is opened with."""
        return grpc.dynamic_ssl_server_credentials(
            self._first,
            self.replaced,  # type: ignore[arg-type]  # None is "no change"; the stubs forgot it
            require_client_authentication=self._files.client_ca is not None,
        )

    def replaced(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the new certificate if there is one since the last call."""
        with self._lock:
            try:
                mark = self._files.mark()
                if mark == self._seen:
                    return None
                self._seen = mark
                new = _read(self._files)
                if self._files.mark() != mark:  # It is being replaced: look again next time.
                    self._seen = ()
                    return None
            except (OSError, ValueError) as error:
                _log.error("the TLS certificate stays as it was", error=_why(error))
                return None
            _log.info("TLS certificate replaced", file=str(self._files.certificate))
            return new


def _read(files: Files) -> grpc.ServerCertificateConfiguration:
    """Read the files.

    Raises:
        OSError: one can't be read.
        ValueError: they do not fit together.
    """
    chain, key = files.certificate.read_bytes(), files.key.read_bytes()
    roots = files.client_ca.read_bytes() if files.client_ca else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(files.certificate, files.key, password="")
    except ssl.SSLError as error:
        raise ValueError(
            f"{files.certificate} and {files.key} are not a certificate and its key"
            f" ({error.reason})"
        ) from error
    if roots is not None:
        _check_roots(context, roots, files.client_ca)
    return grpc.ssl_server_certificate_configuration([(key, chain)], root_certificates=roots)


def _check_roots(context: ssl.SSLContext, roots: bytes, file: Path | None) -> None:
    try:
        context.load_verify_locations(cadata=roots.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"{file} holds no certificates in PEM form") from error


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)
