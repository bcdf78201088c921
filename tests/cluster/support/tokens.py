"""Tokens of service accounts as the cluster would have signed them at another time.

The API server gives no token that lives for less than ten minutes, and its key is at hand.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

if TYPE_CHECKING:
    from pathlib import Path

_TIMES = ("iat", "nbf", "exp")
_SIZE = 32  # bytes of each half of an ES256 signature (RFC 7518, 3.4)


def lifetime(token: str) -> int:
    """Return for how many seconds a token is valid."""
    told = _claims(token)
    return int(told["exp"] - told["iat"])


def moved(token: str, key: Path, *, seconds: int) -> str:
    """Return a token whose times are earlier or later, signed by the cluster's own key."""
    told, head = _claims(token), token.partition(".")[0]
    told |= {name: told[name] + seconds for name in _TIMES}
    signed = f"{head}.{_coded(json.dumps(told).encode())}"
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    halves = decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_coded(b''.join(it.to_bytes(_SIZE, 'big') for it in halves))}"


def _claims(token: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return told


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
