"""The jobs in a state directory: made, found, listed, removed.

A job appears whole: it is written beside the others under a name that no job has, seen to the disk
and renamed. The id of a job with an idempotency key follows from the key, and a rename onto a
directory that is there fails, so two requests with one key, at two servers even, make one job.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.errors import JobConflictError, JobNotFoundError
from sqlflow_server.runners.local import files, states
from sqlflow_server.runners.local.layout import JOB_ID, RESERVE, JobDirectory, JobSpec, StepSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlflow.plan.program import Program, Statement
    from sqlflow_server.runners.protocol import Order

_NEW, _OLD = ".new-", ".old-"
_LEFTOVER_AGE = 3600.0
"""Seconds after which a directory that was never renamed was left by a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the server grants each job: see the settings of the same names."""

    parallelism: int
    step_output_limit: int


class Store:
    """The jobs below one directory. Several servers may share it."""

    def __init__(self, root: Path) -> None:
        self._jobs = root / "jobs"
        self._jobs.mkdir(parents=True, exist_ok=True, mode=0o700)

    def find(self, job_id: str) -> JobDirectory:
        """Return a job's directory.

        Raises:
            JobNotFoundError: there is none, or this is no id.
        """
        if JOB_ID.fullmatch(job_id):
            directory = JobDirectory(self._jobs / job_id)
            if directory.job.exists():
                return directory
        raise not_found(job_id)

    def ids(self) -> Iterator[str]:
        """Name all jobs, in no order."""
        with os.scandir(self._jobs) as entries:
            yield from (e.name for e in entries if JOB_ID.fullmatch(e.name))

    def create(self, order: Order, data_source: str, limits: Limits) -> tuple[str, bool]:
        """Make a job durable; return its id, and whether it is a new one.

        Raises:
            JobConflictError: the idempotency key stands for another order.
            StorageError: the disk is full.
        """
        spec = _specified(order, limits)
        if order.idempotency_key and (self._jobs / spec.id).exists():
            return self._same(spec), False
        temporary = self._jobs / f"{_NEW}{secrets.token_hex(8)}"
        try:
            with files.storage("the job"):
                _fill(JobDirectory(temporary), spec, order.program, data_source)
                temporary.rename(self._jobs / spec.id)
                files.sync_directory(self._jobs)
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
            return self._same(spec), False
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return spec.id, True

    def remove(self, job_id: str) -> None:
        """Remove a job and all that it printed. Somebody else may do the same."""
        old = self._jobs / f"{_OLD}{job_id}-{secrets.token_hex(4)}"
        with contextlib.suppress(FileNotFoundError):
            (self._jobs / job_id).rename(old)
            shutil.rmtree(old, ignore_errors=True)

    def remove_leftovers(self) -> None:
        """Remove what crashes left: jobs half made, jobs half removed."""
        with os.scandir(self._jobs) as entries:
            for entry in entries:
                if entry.name.startswith((_NEW, _OLD)):
                    with contextlib.suppress(FileNotFoundError):
                        if time.time() - entry.stat().st_ctime > _LEFTOVER_AGE:
                            shutil.rmtree(entry.path, ignore_errors=True)

    def _same(self, spec: JobSpec) -> str:
        """Return the id of the job that is there already, if it is the same."""
        text = self.find(spec.id).job.read_text(encoding="utf-8")
        if JobSpec.from_json(text).fingerprint != spec.fingerprint:
            raise JobConflictError(
                f"the idempotency key was used before, for another program: job {spec.id}"
            )
        return spec.id


def not_found(job_id: str) -> JobNotFoundError:
    """Return the error for a job that is not there."""
    shown = f" {job_id}" if JOB_ID.fullmatch(job_id) else ""
    return JobNotFoundError(f"there is no job{shown}")


def _specified(order: Order, limits: Limits) -> JobSpec:
    program = order.program
    return JobSpec(
        id=_id_of(order.idempotency_key),
        submitter=order.submitter,
        created=time.time(),
        fingerprint=order.fingerprint,
        fetch_lease=order.fetch_lease,
        deadline=order.deadline,
        working_directory=order.working_directory,
        parallelism=1 if program.execution == "Sequential" else limits.parallelism,
        output_limit=limits.step_output_limit,
        steps=tuple(map(_step, program.statements)),
    )


def _id_of(key: str) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()[:16] if key else secrets.token_hex(8)
    return f"j{digest}"


def _step(statement: Statement) -> StepSpec:
    return StepSpec(
        id=statement.id,
        index=statement.index,
        kind=statement.kind,
        summary=statement.summary,
        after=tuple(edge.id for edge in statement.after),
        line=statement.line,
    )


def _fill(directory: JobDirectory, spec: JobSpec, program: Program, data_source: str) -> None:
    directory.path.mkdir(mode=0o700)
    files.write(directory.program, program.to_json().encode())
    files.write(directory.data_source, data_source.encode())
    files.write(directory.job, spec.to_json().encode())
    files.write(directory.state, states.initial(spec).to_json().encode())
    files.write(directory.reserve, b"\0" * RESERVE)
    files.write(directory.lease, b"")
    files.sync_directory(directory.path)
