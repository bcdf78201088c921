r"""Fetch tokens: a position, signed, so that no server needs to remember its readers.

A token is base64url, without padding, of::

    version ‖ length of key id ‖ key id ‖ JSON array of job and position ‖ MAC

where the MAC is HMAC-SHA256, cut to 16 bytes, over a context string and everything before it. It is
not encrypted: it holds nothing that the user does not know. Whoever holds the keys can read it, so
it is valid at each replica and after each restart.

What is wrong with a token is not told, in one constant text: a forger learns nothing from it. Only
a token that was made by an older version, or by a key that is gone, says so, because its holder can
go on by fetching with the job's id.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from typing import TYPE_CHECKING

from sqlflow.errors import TokenError, TokenExpiredError
from sqlflow.transcript.positions import Position

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1
MAX_LENGTH = 1024
"""Characters of the longest token; anything longer is refused unread."""

_CONTEXT = b"sqlflow/fetch/1\0"
_MAC_SIZE = 16
_MIN_KEY_SIZE = 16
_MAX_KEY_ID_SIZE = 32

INVALID = "not a fetch token of this service"
EXPIRED = "the fetch token is no longer valid; fetch again with the job's id and no token"


class KeyRing:
    """Signs tokens with its first key and believes each of its keys.

    To rotate, put a new key in front, wait until nobody holds a token of the old one, drop it.
    """

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Take keys as pairs of id and secret.

        Raises:
            ValueError: no key, a doubled or unusable id, a secret that is too short.
        """
        self._keys = {key_id.encode(): secret for key_id, secret in keys}
        if not keys or len(self._keys) != len(keys):
            raise ValueError("a key ring needs at least one key, and different ids")
        for key_id, secret in self._keys.items():
            if not 1 <= len(key_id) <= _MAX_KEY_ID_SIZE:
                raise ValueError(f"a key's id has 1 to {_MAX_KEY_ID_SIZE} bytes")
            if len(secret) < _MIN_KEY_SIZE:
                raise ValueError(f"a key has at least {_MIN_KEY_SIZE} bytes")
        self._first = keys[0][0].encode()

    def __repr__(self) -> str:
        """Name the keys and keep their secrets."""
        return f"KeyRing({', '.join(key_id.decode() for key_id in self._keys)})"

    def sign(self, job: str, position: Position) -> str:
        """Return the token for a position in a job's transcript."""
        head = bytes((VERSION, len(self._first))) + self._first
        signed = head + _payload(job, position)
        token = _to_text(signed + _mac(self._keys[self._first], signed))
        if len(token) > MAX_LENGTH:
            raise ValueError(f"the token would be longer than {MAX_LENGTH} characters")
        return token

    def verify(self, token: str, *, job: str | None = None) -> tuple[str, Position]:
        """Return the job and the position of a token.

        Args:
            token: as the reader sent it.
            job: the job that the reader named besides, if it did.

        Raises:
            TokenExpiredError: made by an older version, or by a key that is gone.
            TokenError: anything else but a token of this service (and of this job).
        """
        raw = _from_text(token)
        signed, mac = raw[:-_MAC_SIZE], raw[-_MAC_SIZE:]
        if len(signed) < 2 or signed[0] > VERSION:
            raise TokenError(INVALID)
        split = 2 + signed[1]
        secret = self._keys.get(signed[2:split])
        if signed[0] < VERSION or secret is None:
            raise TokenExpiredError(EXPIRED)
        if not hmac.compare_digest(mac, _mac(secret, signed)):
            raise TokenError(INVALID)
        owner, *fields = json.loads(signed[split:])
        if job is not None and job != owner:
            raise TokenError(INVALID)
        return owner, Position(*fields)


def _payload(job: str, at: Position) -> bytes:
    fields = [job, at.step, at.attempt, at.source, at.seq, at.offset, at.ended]
    return json.dumps(fields, separators=(",", ":")).encode()


def _mac(secret: bytes, signed: bytes) -> bytes:
    return hmac.digest(secret, _CONTEXT + signed, "sha256")[:_MAC_SIZE]


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _from_text(token: str) -> bytes:
    if len(token) > MAX_LENGTH:
        raise TokenError(INVALID)
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise TokenError(INVALID) from None
    # base64 has several spellings of the same bytes; only the one that was given out is a token.
    if _to_text(raw) != token:
        raise TokenError(INVALID)
    return raw
