"""What is known of each job's statements before its status tells of them: planned once, aside.

To plan a long program takes seconds, in which no other call is to wait. So it is done in a thread,
and once a job: for the job that Run has made not at all, since Run has planned its program.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlflow.errors import ProgramError
from sqlflow.plan import plan_program

if TYPE_CHECKING:
    from pkg_argo.job import SQLFlowJob
    from sqlflow.plan.program import Program

Outline = tuple[tuple[str, str, str], ...]
"""Id, kind and summary of each statement."""


class Outlines:
    """Remembers the outlines of jobs, by their uid, as long as the jobs are there."""

    def __init__(self) -> None:
        self._known: dict[str, Outline] = {}

    def put(self, job: SQLFlowJob, program: Program) -> Outline:
        """Take what was planned for a job."""
        return self._known.setdefault(job.metadata.uid, outline(program))

    async def of(self, job: SQLFlowJob) -> Outline:
        """Return a job's outline; empty if its program stands elsewhere, or can't be planned."""
        known = self._known.get(job.metadata.uid)
        if known is None:
            known = await asyncio.to_thread(_planned, job)
            self._known[job.metadata.uid] = known
        return known

    def forget(self, uid: str) -> None:
        """Forget a job that is gone."""
        self._known.pop(uid, None)


def outline(program: Program) -> Outline:
    """Return what a program's statements are."""
    return tuple((it.id, it.kind.value, it.summary) for it in program.statements)


def _planned(job: SQLFlowJob) -> Outline:
    spec = job.spec
    if spec.program is None:
        return ()
    try:
        dialect = spec.data_source.dialect
        return outline(plan_program(spec.program, dialect=dialect, shared_files=False))
    except ProgramError:
        return ()  # The operator says so, in the job's status.
