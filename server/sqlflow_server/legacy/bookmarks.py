"""What a client of 2020 carries from one Fetch to the next, so that no server needs to remember it.

It echoes three strings, and they are used so:

============  =====================================================================================
job.id        a fetch token for the job's very start: who holds it may read the job. It is all that
              such a client names a job by
step_id       the fetch token to go on with; empty at first
step_phase    a note for the server, JSON, see :class:`Note`. It is not signed: what a client
              changes in it, it changes for itself only
============  =====================================================================================
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlflow.errors import TokenError
from sqlflow.transcript.positions import Position
from sqlflow.transcript.tokens import INVALID
from sqlflow.wire import rows
from sqlflow_server.legacy import sqlflow_pb2 as old

if TYPE_CHECKING:
    from sqlflow_server.backends import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the next page depends on besides its place.

    Attributes:
        header: of the result that a page ended in, as its record; without it rows can't be read.
        failing: since when Fetch has failed, in seconds since the epoch; 0: it has not.
    """

    header: str = ""
    failing: float = 0.0

    def to_text(self) -> str:
        """Return what the client is to echo; nothing, if there is nothing to note."""
        return json.dumps(asdict(self)) if self != Note() else ""

    @staticmethod
    def from_text(text: str) -> Note:
        """Read what the client echoed.

        Raises:
            TokenError: it is no note of this service.
        """
        try:
            note = Note(**json.loads(text or "{}"))
            if not math.isfinite(note.failing):
                raise TokenError(INVALID)
            if note.header:
                rows.header_from_json(note.header)
        except (LookupError, ValueError, TypeError, RecursionError):
            raise TokenError(INVALID) from None
        return note


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Where a client is: the job by its capability, the token to go on with, a note."""

    capability: str
    token: str = ""
    note: Note = Note()

    @staticmethod
    def read(request: old.FetchRequest) -> Bookmark:
        """Return the bookmark in a request."""
        note = Note.from_text(request.step_phase)
        return Bookmark(capability=request.job.id, token=request.step_id, note=note)

    def to_request(self) -> old.FetchRequest:
        """Return the request that the client is to send next."""
        return old.FetchRequest(
            job=old.Job(id=self.capability), step_id=self.token, step_phase=self.note.to_text()
        )


def capability(keys: Keys, job_id: str) -> str:
    """Return the id that a client of 2020 is given for a job."""
    return keys.sign(job_id, Position())


def job_of(keys: Keys, text: str) -> str:
    """Return the job that a capability is for.

    Raises:
        TokenError: it is none, or its key is gone.
    """
    owner, _ = keys.verify(text)
    return owner.partition("/")[0]


def token_of_attempt(keys: Keys, token: str, *, step: int, attempt: int) -> str:
    """Return the token for the start of an attempt, in the job that a token is for."""
    owner, _ = keys.verify(token)
    return keys.sign(owner, Position(step=step, attempt=attempt))
