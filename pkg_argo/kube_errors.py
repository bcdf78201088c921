"""What an API server says no with, as errors of this project.

Who catches them decides by the class; the text names what was asked for, and what the API server
answered. It never holds the object that was sent.

::

    404          no error for one object: the answer is None, or False
    409          AlreadyThereError (the name is taken) or ChangedError (somebody else wrote first)
    400, 403, …  RefusedError: the same request is refused again; 404 where the type, or the
                 namespace of what is created, is not there
    401          UnauthorizedError, which passes where a token is renewed
    429, 5xx, no answer    UnavailableError
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlflow.errors import BusyError, SQLFlowError, UnavailableError, UserError

_PASSING: Final = frozenset({408, 429})
_UNAUTHORIZED: Final = 401


class LoginError(UserError):
    """There is no login for a cluster, or it can't be used."""


class UnauthorizedError(UnavailableError):
    """The API server does not know the login: a token that is being renewed, or a wrong one."""


class AlreadyThereError(BusyError):
    """The name is taken: by what an earlier try made, or by something else."""


class ChangedError(BusyError):
    """The object was written by somebody else since it was read."""


class RefusedError(UserError):
    """The API server does not take it, and will not the next time.

    Attributes:
        status: the HTTP status.
        reason: Kubernetes's word for it, such as ``Forbidden`` or ``Invalid``.
        detail: what the API server says is wrong.
        causes: more exact reasons, such as ``NamespaceTerminating``.
    """

    def __init__(
        self, text: str, *, status: int, reason: str, detail: str, causes: tuple[str, ...]
    ) -> None:
        super().__init__(text)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.causes = causes


def from_answer(status: int, body: bytes, *, what: str) -> SQLFlowError:
    """Return the error that an answer stands for.

    Args:
        status: of HTTP, 400 or more.
        body: a Status object of Kubernetes, or what a proxy in between says.
        what: was asked for, such as ``create Workflow jobs/iris``.
    """
    answer = _status(body)
    reason, detail = str(answer.get("reason", "")), str(answer.get("message", ""))
    text = f"{what}: {detail or f'HTTP status {status}'}"
    if status == 409:
        return AlreadyThereError(text) if reason == "AlreadyExists" else ChangedError(text)
    if status == _UNAUTHORIZED:
        return UnauthorizedError(text)
    if status in _PASSING or status >= 500:
        return UnavailableError(text)
    causes = (answer.get("details") or {}).get("causes") or ()
    return RefusedError(
        text,
        status=status,
        reason=reason,
        detail=detail,
        causes=tuple(str(cause.get("reason", "")) for cause in causes),
    )


def _status(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
