"""Who calls. Pure values."""

from __future__ import annotations

import enum
import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlflow.errors import UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)
_LONGEST: Final = 16 * 1024
_PORT: Final = re.compile(r":\d+$")

HOW_TO: Final = (
    "this server needs to know who calls: send 'authorization: Bearer TOKEN' with each call"
    " (sqlflow does for SQLFLOW_TOKEN and SQLFLOW_TOKEN_FILE)"
)


class Verb(enum.StrEnum):
    """What may be done with a SQLFlowJob, in Kubernetes's words."""

    CREATE = "create"
    GET = "get"
    LIST = "list"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whom the API server vouches for; what it said of them, to be asked about again.

    ``extra`` holds names with their values.
    """

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


CALLER: ContextVar[Caller] = ContextVar("CALLER")
"""Who makes the call that is being served."""


def bearer_token(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    """Return the token in a call's metadata.

    Raises:
        UnauthenticatedError: there is none, or more than one, or it can't be one.
    """
    found = [value for name, value in metadata if name.lower() == "authorization"]
    if not found:
        raise UnauthenticatedError(HOW_TO)
    text = found[0]
    match = _BEARER.fullmatch(text) if isinstance(text, str) and len(text) < _LONGEST else None
    if match is None or len(found) > 1:
        raise UnauthenticatedError("expected one 'authorization: Bearer TOKEN' with the call")
    return match[1]


def machine_of(peer: str) -> str:
    """Return a peer as gRPC names it, such as ``ipv4:10.0.0.7:51234``, without its port."""
    return _PORT.sub("", peer)
