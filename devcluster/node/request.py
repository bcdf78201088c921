"""Asks a component of the node how it is: one GET with the certificates that it wants to see."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

SECONDS: Final = 3.0
SHOWN: Final = 4096  # bytes of a body; a health page says what is wrong in its first lines


def get(*, url: str, ca: str = "", cert: str = "", key: str = "") -> dict[str, object]:
    """Return ``{"status": …, "body": …}`` of an http(s) URL, or try to connect to a unix one.

    A component that can't be reached has status 0, and the reason as its body.
    """
    parts = urlsplit(url)
    try:
        if parts.scheme == "unix":
            return _connect(parts.path)
        connection = _connection(parts.scheme, parts.netloc, ca=ca, cert=cert, key=key)
        try:
            connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
            response = connection.getresponse()
            body = response.read(SHOWN).decode("utf-8", "replace")
            return {"status": response.status, "body": body}
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return {"status": 0, "body": f"{type(error).__name__}: {error}"}


def _connection(
    scheme: str, netloc: str, *, ca: str, cert: str, key: str
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(netloc, timeout=SECONDS)
    context = ssl.create_default_context(cafile=ca or None)
    if cert:
        context.load_cert_chain(cert, key)
    return http.client.HTTPSConnection(netloc, timeout=SECONDS, context=context)


def _connect(path: str) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(SECONDS)
        client.connect(path)
    return {"status": 200, "body": ""}
