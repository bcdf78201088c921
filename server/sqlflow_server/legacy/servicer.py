"""``proto.SQLFlow``, in front of ``sqlflow.v1``.

What its clients need, and new ones do not:

* They stop reading a page at an ``eoe`` (the end of a statement), so a page ends there.
* They drop the page that comes with an error, so an error comes alone, on the Fetch after it.
* They never try again: any error ends the user's cell. So a passing fault is an empty page, and an
  error only once it has lasted for :data:`PATIENCE`.
* They take no message of more than 4 MiB, and sleep two seconds between pages. So pages are as
  large as is safe: they are put together of small pages of ``sqlflow.v1``, since a cell of two
  bytes takes up to 60 here.
"""

# Names of the methods are those of the protocol.
# ruff: noqa: N802

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration

from sqlflow.errors import JobFailedError, NotSupportedError, Problem, TransientError
from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow_server.legacy import sqlflow_pb2 as old
from sqlflow_server.legacy import sqlflow_pb2_grpc
from sqlflow_server.legacy.bookmarks import Bookmark, capability, job_of, token_of_attempt
from sqlflow_server.legacy.paging import PageMaker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import grpc

    from sqlflow_server.backends import Keys
    from sqlflow_server.servicer import Servicer

    Context = grpc.aio.ServicerContext[Any, Any]

PATIENCE = 600.0
"""Seconds for which a fault may last before a client is told of it."""

_PIECE = 32 * 1024  # Bytes of a page of sqlflow.v1; in responses, up to 27 times as much.
_SUBMITTERS = frozenset({"", "default", "local"})


class LegacyServicer(sqlflow_pb2_grpc.SQLFlowServicer):
    """Answers the clients of 2020.

    Args:
        front: the service that all is asked of.
        keys: the keys of that service.
        clock: seconds since the epoch.
    """

    def __init__(
        self, front: Servicer, keys: Keys, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._front = front
        self._keys = keys
        self._clock = clock

    async def Run(self, request: old.Request, context: Context) -> AsyncIterator[old.Response]:
        """Start a program and stream its job; clients fetch the rest."""
        _check_submitter(request.session.submitter)
        order = pb.RunRequest(program=request.stmts, data_source=request.session.db_conn_str)
        reply = await self._front.Run(order, context)
        # Nothing else is streamed: a client loses the job if exactly one message comes before it.
        yield old.Response(job=old.Job(id=capability(self._keys, reply.job.id)))

    async def Fetch(self, request: old.FetchRequest, context: Context) -> old.FetchResponse:
        """Return what is new, up to the end of a statement."""
        bookmark = Bookmark.read(request)
        job_id = job_of(self._keys, bookmark.capability)
        maker = PageMaker(bookmark, self._behind)
        try:
            await self._fill(maker, job_id, context)
        except TransientError as fault:
            return old.FetchResponse(updated_fetch_since=self._absorbed(fault, bookmark))
        if maker.failed is not None:
            raise JobFailedError(_failure(maker.failed))
        return maker.response()

    async def _fill(self, maker: PageMaker, job_id: str, context: Context) -> None:
        request = pb.FetchRequest(job=job_id, max_bytes=_PIECE)
        while not maker.full:
            request.token = maker.token
            maker.take(await self._front.Fetch(request, context))
            request.wait.CopyFrom(Duration())  # What is there is sent, rather than waited for more.

    def _behind(self, token: str, last: pb.Record, following: pb.Record) -> str:
        """Return the token for what follows the end of an attempt: the start of another."""
        step = following.step or last.step + 1
        return token_of_attempt(self._keys, token, step=step, attempt=following.attempt)

    def _absorbed(self, fault: TransientError, bookmark: Bookmark) -> old.FetchRequest:
        """Return the same place again, noting since when it can't be read."""
        now = self._clock()
        since = bookmark.note.failing or now
        if now - since > PATIENCE:
            raise fault
        return replace(bookmark, note=replace(bookmark.note, failing=since)).to_request()


def _check_submitter(name: str) -> None:
    if name not in _SUBMITTERS:
        raise NotSupportedError(
            Problem(
                message=f"submitter {name!r} of the session is not supported; "
                "leave it empty, and statements run where this server runs them"
            )
        )


def _failure(job: pb.Job) -> str:
    """Return why a job did not succeed, statement by statement."""
    reasons = [
        f"statement {step.index} ({step.kind}): {step.message or step.reason}"
        for step in job.steps
        if step.status == pb.FAILED
    ]
    verb = "was cancelled" if job.status == pb.CANCELLED else "failed"
    return "\n".join(filter(None, [f"job {job.id} {verb}", *(reasons or [job.message])]))
