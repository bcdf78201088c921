"""The gRPC service: checks what is asked, asks the runner, converts what it says.

All that is the same wherever jobs run is here; what differs is behind :class:`Runner`. Errors leave
as they are; :mod:`sqlflow_server.interceptors` turns them into answers.
"""

# Names and arguments of the methods are those of the protocol.
# ruff: noqa: ARG002, N802

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlflow import plan
from sqlflow.errors import TokenError, UserError
from sqlflow.plan.dialects import check_connectable, dialect_of
from sqlflow.transcript.positions import Position
from sqlflow.transcript.tokens import INVALID
from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.v1 import sqlflow_pb2_grpc
from sqlflow_server import messages, requests
from sqlflow_server.auth.callers import Verb
from sqlflow_server.runners.protocol import Order, PageQuery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import grpc

    from sqlflow.plan.program import Program
    from sqlflow_server.auth.gates import Gate
    from sqlflow_server.backends import Keys
    from sqlflow_server.runners.protocol import JobSnapshot, Runner

    Context = grpc.aio.ServicerContext[Any, Any]


_OF = "/"  # A token is of "ID/INCARNATION"; no id holds a slash.


class Servicer(sqlflow_pb2_grpc.SQLFlowServicer):
    """``sqlflow.v1.SQLFlow``.

    Args:
        runner: keeps the jobs.
        keys: sign the tokens.
        gate: tells who calls, and what they may do.
        limits: of pages.
        data_source: the DSN that stands in for none; only its scheme is looked at.
        default_deadline: of jobs that asked for none, in seconds; 0: never.
        monitor_url: makes a job's URL of its id.
    """

    def __init__(
        self,
        runner: Runner,
        keys: Keys,
        gate: Gate,
        *,
        limits: requests.PageLimits,
        data_source: str,
        default_deadline: float,
        monitor_url: Callable[[str], str],
    ) -> None:
        self._runner = runner
        self._keys = keys
        self._gate = gate
        self._limits = limits
        self._data_source = data_source
        self._default_deadline = default_deadline
        self._monitor_url = monitor_url

    async def Run(self, request: pb.RunRequest, context: Context) -> pb.RunResponse:
        """Check a program and start it."""
        await self._gate.check(Verb.CREATE)
        deadline = requests.seconds(request, "deadline")
        order = Order(
            text=request.program,
            program=await asyncio.to_thread(self._plan, request, run=True),
            data_source=request.data_source.strip(),
            fingerprint=requests.fingerprint(request),
            idempotency_key=requests.idempotency_key(request.idempotency_key),
            fetch_lease=requests.seconds(request, "fetch_lease") or 0.0,
            deadline=deadline or self._default_deadline,
            working_directory=requests.working_directory(
                request.working_directory, shared_files=self._runner.shared_files
            ),
            submitter=self._gate.submitter,
        )
        # The job is made whole, even if the caller hangs up in the middle of it.
        job = await asyncio.shield(self._start(order))
        warnings = messages.warning_messages(order.program.warnings)
        return pb.RunResponse(job=self._job(job), warnings=warnings)

    async def Plan(self, request: pb.PlanRequest, context: Context) -> pb.PlanResponse:
        """Tell what Run would do."""
        program = await asyncio.to_thread(self._plan, request, run=False)
        order = Order(
            text=request.program,
            program=program,
            data_source=request.data_source.strip(),
            fingerprint="",
        )
        await self._runner.check(order)
        return messages.plan_message(program)

    async def Fetch(self, request: pb.FetchRequest, context: Context) -> pb.Page:
        """Return one page."""
        job_id, query = self._place(request)
        await self._gate.check(Verb.GET, job_id)
        page, _ = await self._page(job_id, query)
        return page

    async def Watch(self, request: pb.FetchRequest, context: Context) -> AsyncIterator[pb.Page]:
        """Return page after page."""
        job_id, query = self._place(request)
        while True:
            await self._gate.check(Verb.GET, job_id)  # Each time: a right may be withdrawn.
            page, query = await self._page(job_id, query)
            yield page
            if page.end or self._runner.draining:
                return

    async def Cancel(self, request: pb.CancelRequest, context: Context) -> pb.Job:
        """Ask for a job's end."""
        job_id = self._id(request.job)
        await self._gate.check(Verb.PATCH, job_id)
        return self._job(await self._runner.cancel(job_id, immediate=request.immediate))

    async def GetJob(self, request: pb.GetJobRequest, context: Context) -> pb.Job:
        """Tell where a job is."""
        job_id = self._id(request.job)
        await self._gate.check(Verb.GET, job_id)
        return self._job(await self._runner.job(job_id))

    async def ListJobs(self, request: pb.ListJobsRequest, context: Context) -> pb.ListJobsResponse:
        """List jobs."""
        await self._gate.check(Verb.LIST)
        query = requests.job_query(request)
        jobs = await self._runner.jobs(query)
        full = len(jobs) == query.limit
        return pb.ListJobsResponse(
            jobs=[self._job(job, steps=False) for job in jobs],
            next_page_token=requests.page_token(jobs[-1].created, jobs[-1].id) if full else "",
        )

    async def _start(self, order: Order) -> JobSnapshot:
        async with self._gate.ordering(self._runner, order):
            return await self._runner.run(order)

    def _plan(self, request: pb.RunRequest | pb.PlanRequest, *, run: bool) -> Program:
        dialect = dialect_of(request.data_source or self._data_source)
        execution = requests.execution(request.execution)
        program = plan.plan_program(
            request.program,
            dialect=dialect,
            execution=execution,
            shared_files=self._runner.shared_files,
        )
        if run:
            check_connectable(dialect)
            plan.check_executable(program)
        return program

    def _place(self, request: pb.FetchRequest) -> tuple[str, PageQuery]:
        """Return the job, and which page of it is asked for."""
        job_id, incarnation, position = self._id(request.job), "", Position()
        if request.token:
            owner, position = self._keys.verify(request.token)
            named, (owner, _, incarnation) = job_id, owner.partition(_OF)
            if named not in ("", owner):
                raise TokenError(INVALID)
            job_id = owner
        if not job_id:
            raise UserError("Fetch needs a job or a token")
        return job_id, PageQuery(
            position=position,
            streams=requests.streams(request.streams),
            max_bytes=self._limits.size_of(request),
            wait=self._limits.wait_of(request),
            incarnation=incarnation,
        )

    async def _page(self, job_id: str, query: PageQuery) -> tuple[pb.Page, PageQuery]:
        """Return a page, and what to ask for the one after it."""
        page, job = await self._runner.page(job_id, query)
        owner = f"{job_id}{_OF}{job.incarnation}" if job.incarnation else job_id
        message = pb.Page(
            records=messages.record_messages(page.records),
            token=self._keys.sign(owner, page.position),
            end=page.end,
            job=self._job(job),
        )
        return message, replace(query, position=page.position, incarnation=job.incarnation)

    def _id(self, text: str) -> str:
        return self._runner.id_of(requests.job_id(text))

    def _job(self, job: JobSnapshot, *, steps: bool = True) -> pb.Job:
        return messages.job_message(job, job.url or self._monitor_url(job.id), steps=steps)
