"""What callers ask, checked and put into the server's own terms. No I/O but a look at a folder."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from sqlflow.errors import LimitError, Problem, TokenError, UserError
from sqlflow.plan.program import Execution
from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.wire.frames import MAX_LINE, Stream
from sqlflow.wire.statuses import Phase
from sqlflow_server.messages import STATUSES, STREAMS
from sqlflow_server.runners.protocol import JobQuery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.duration_pb2 import Duration

MAX_KEY = 256
DEFAULT_JOBS, MAX_JOBS = 50, 500

_MONITOR_URL = re.compile(r"sqlflow://[^/\s]+/jobs/([^/\s]+)")
_PHASES = {status: phase for phase, status in STATUSES.items() if phase is not Phase.SKIPPED}
_STREAMS = {message: stream for stream, message in STREAMS.items()}


def job_id(text: str) -> str:
    """Return the id in an id or a monitor URL; the runner tells whether there is such a job."""
    match = _MONITOR_URL.fullmatch(text.strip())
    return match[1] if match else text.strip()


def execution(value: pb.Execution.ValueType) -> Execution:
    """Return how the statements are to be run."""
    return Execution.SEQUENTIAL if value == pb.SEQUENTIAL else Execution.PARALLEL


def seconds(request: pb.RunRequest | pb.FetchRequest, name: str) -> float | None:
    """Return a duration of a request; None if it is absent.

    Raises:
        UserError: it is negative.
    """
    if not request.HasField(name):  # type: ignore[arg-type]  # the stubs want a literal
        return None
    duration: Duration = getattr(request, name)
    value = duration.seconds + duration.nanos / 1e9
    if value < 0:
        raise UserError(f"{name} is negative: {value:g} s")
    return value


def idempotency_key(key: str) -> str:
    """Return the key if it is of a bearable length."""
    if len(key) > MAX_KEY:
        raise LimitError(Problem(message=f"idempotency_key is longer than {MAX_KEY} characters"))
    return key


def working_directory(text: str, *, shared_files: bool) -> str:
    """Return what relative file names are relative to; the server's own folder if none is named.

    Args:
        text: the caller's own folder, if it takes the server for one on its machine.
        shared_files: whether jobs see this machine's files; if not, no folder means anything.

    Raises:
        UserError: it is relative, or there is no such folder.
    """
    if not text:
        return str(Path.cwd()) if shared_files else ""
    if not Path(text).is_absolute():
        raise UserError(f"working_directory is not an absolute path: {text!r}")
    if not shared_files:
        return ""
    with contextlib.suppress(OSError):
        if Path(text).is_dir():
            return text
    raise UserError(f"working_directory is not a directory on the server's machine: {text!r}")


def fingerprint(request: pb.RunRequest) -> str:
    """Return what two requests with one idempotency key must agree in, for any runner.

    It is of the request alone, so it does not change with the server's defaults, and a retry gives
    the same job. It holds nothing of the password: where jobs are kept a digest can be read, and a
    short password could be guessed from it.
    """
    content = [
        request.program,
        _without_secrets(request.data_source.strip()),
        execution(request.execution),
        request.working_directory,
        seconds(request, "fetch_lease") or 0.0,
        seconds(request, "deadline") or 0.0,
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _without_secrets(dsn: str) -> str:
    """Return a DSN without what may be secret in it: the password, and all options.

    Raises:
        UserError: it is no DSN.
    """
    try:
        parts = urlsplit(dsn)
    except ValueError:
        raise UserError("data_source is not a DSN: the host in it is malformed") from None
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{user.partition(':')[0]}@{host}", parts.path, "", ""))


def streams(values: Iterable[pb.Stream.ValueType]) -> frozenset[Stream]:
    """Return the streams that are asked for: all if none is named.

    Raises:
        UserError: one of a later version of the protocol.
    """
    unknown = [v for v in values if v not in _STREAMS]
    if unknown:
        raise UserError(f"unknown stream {unknown[0]}")
    return frozenset(_STREAMS[v] for v in values) or frozenset(Stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLimits:
    """What a Fetch may ask for, and what it gets if it does not: see the settings."""

    wait: float
    page_bytes: int
    max_page_bytes: int

    def wait_of(self, request: pb.FetchRequest) -> float:
        """Return how long to wait."""
        asked = seconds(request, "wait")
        return self.wait if asked is None else min(asked, self.wait)

    def size_of(self, request: pb.FetchRequest) -> int:
        """Return how long a page should be at most; a frame fits into the smallest."""
        size = request.max_bytes or self.page_bytes
        return max(MAX_LINE, min(size, self.max_page_bytes))


def job_query(request: pb.ListJobsRequest) -> JobQuery:
    """Return which jobs are asked for."""
    phases = frozenset(_PHASES[s] for s in request.statuses if s in _PHASES)
    return JobQuery(
        limit=min(request.page_size or DEFAULT_JOBS, MAX_JOBS),
        before=_place(request.page_token) if request.page_token else None,
        phases=phases if request.statuses else frozenset(Phase),
    )


def page_token(created: float, last_id: str) -> str:
    """Return the token for the jobs that are older than this one."""
    return base64.urlsafe_b64encode(json.dumps([created, last_id]).encode()).decode()


def _place(token: str) -> tuple[float, str]:
    try:
        created, last_id = json.loads(base64.urlsafe_b64decode(token))
        return float(created), str(last_id)
    except (ValueError, TypeError, binascii.Error):
        raise TokenError("not a page token of ListJobs") from None
