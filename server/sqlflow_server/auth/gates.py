"""What stands before each call, by :class:`Gate`: one for everybody, or one for known callers."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import WeakValueDictionary

from sqlflow.errors import ForbiddenError, JobNotFoundError, UnauthenticatedError
from sqlflow_server.auth.callers import CALLER, Verb, bearer_token, machine_of
from sqlflow_server.limits import Rate, Simultaneous, check_jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from sqlflow_server.auth.callers import Caller
    from sqlflow_server.auth.reviews import Reviews
    from sqlflow_server.limits import Limits
    from sqlflow_server.runners.protocol import Order, Runner

NO_JOB: Final = "there is no such job, or it is not yours"
"""The one answer to who asks for a job and may not see it, whether it is there or not."""

NOT_VALID: Final = "the token is not valid here: it has expired, or is of another cluster"

_LONGEST_NAME: Final = 253  # What a SQLFlowJob takes as a submitter.


class Gate(Protocol):
    """Decides who may do what."""

    def admitted(self, context: Any) -> AbstractAsyncContextManager[None]:
        """Find out who calls, for as long as the call lasts.

        Raises:
            UnauthenticatedError: nobody that is known.
            ThrottledError: somebody who calls too much.
            UnavailableError: that can't be found out now.
        """

    @property
    def submitter(self) -> str:
        """Who calls, by name."""

    async def check(self, verb: Verb, job: str = "") -> None:
        """See whether the caller may do something with a job, or with jobs if none is named.

        Raises:
            JobNotFoundError: the caller may not see the job.
            ForbiddenError: the caller may not do this.
        """

    def ordering(self, runner: Runner, order: Order) -> AbstractAsyncContextManager[None]:
        """See whether the caller may have one more job, and count it.

        Raises:
            QuotaError: not before one has ended.
            ThrottledError: not so soon.
        """


class OpenGate:
    """Lets everybody pass; all are the user who runs this server."""

    def __init__(self) -> None:
        self.submitter = _this_user()

    def admitted(self, context: Any) -> AbstractAsyncContextManager[None]:  # noqa: ARG002
        return contextlib.nullcontext()

    async def check(self, verb: Verb, job: str = "") -> None:
        pass

    def ordering(
        self,
        runner: Runner,  # noqa: ARG002
        order: Order,  # noqa: ARG002
    ) -> AbstractAsyncContextManager[None]:
        return contextlib.nullcontext()


class KubernetesGate:
    """Lets pass whom the API server knows, to do what it allows them."""

    def __init__(self, reviews: Reviews, limits: Limits) -> None:
        self._reviews = reviews
        self._most_jobs = limits.jobs
        self._calls = Simultaneous(limits.calls)
        self._runs = Rate("programs", limits.runs_per_minute)
        self._bad_tokens = Rate("calls without a valid token", limits.bad_tokens_per_minute)
        self._orders: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def admitted(self, context: Any) -> AsyncIterator[None]:
        caller = await self._caller(context)
        with self._calls.one(caller.name):
            CALLER.set(caller)
            try:
                yield
            except JobNotFoundError:
                raise JobNotFoundError(NO_JOB) from None

    async def _caller(self, context: Any) -> Caller:
        machine = machine_of(context.peer())
        try:
            return await self._proven(bearer_token(context.invocation_metadata() or ()), machine)
        except UnauthenticatedError:
            self._bad_tokens.check(machine)
            self._bad_tokens.count(machine)
            raise

    async def _proven(self, token: str, machine: str) -> Caller:
        known = self._reviews.known(token)
        if known is None:
            # A machine that guesses does not get the API server asked. A known token passes.
            self._bad_tokens.check(machine)
        caller = known[0] if known else await self._reviews.caller(token)
        if caller is None:
            raise UnauthenticatedError(NOT_VALID)
        return caller

    @property
    def submitter(self) -> str:
        return CALLER.get().name[:_LONGEST_NAME]

    async def check(self, verb: Verb, job: str = "") -> None:
        caller = CALLER.get()
        if await self._reviews.allowed(caller, verb, job):
            return
        if job and (verb is Verb.GET or not await self._reviews.allowed(caller, Verb.GET, job)):
            raise JobNotFoundError(NO_JOB)
        raise ForbiddenError(f"{caller.name} may not {_DOES[verb]} in this server's namespace")

    @contextlib.asynccontextmanager
    async def ordering(self, runner: Runner, order: Order) -> AsyncIterator[None]:
        self._runs.check(order.submitter)
        self._runs.count(order.submitter)
        # One after the other, or several at once would each find room for one.
        lock = self._orders.setdefault(order.submitter, asyncio.Lock())
        async with lock:
            await check_jobs(runner, order, self._most_jobs)
            yield


_DOES: Final = {
    Verb.CREATE: "run programs (create sqlflowjobs)",
    Verb.GET: "read jobs (get sqlflowjobs)",
    Verb.LIST: "list jobs (list sqlflowjobs)",
    Verb.PATCH: "cancel jobs (patch sqlflowjobs)",
}


def _this_user() -> str:
    """Return whose processes the jobs are; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
