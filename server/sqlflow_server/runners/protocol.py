"""What the servicer asks of a runner.

A runner keeps jobs: it makes them durable, runs their steps, tells where they are and pages their
transcripts. The servicer does all that is the same for every runner: checking programs, tokens,
conversion to messages, authentication.

Every method may raise :class:`~sqlflow.errors.JobNotFoundError`, and the transient errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from sqlflow.plan.program import Program
    from sqlflow.transcript.positions import Position
    from sqlflow.transcript.views import Page
    from sqlflow.wire.frames import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A checked request to run a program.

    Attributes:
        text: of the program, as it was sent.
        program: the same, planned, and all of it executable.
        data_source: the DSN; empty for the runner's default. A secret.
        fingerprint: equal for equal requests; two orders with one idempotency key must agree in it.
        idempotency_key: empty: none.
        fetch_lease: seconds without a Fetch after which the job is cancelled; 0: never.
        deadline: seconds after which the job is ended; 0: never.
        working_directory: what relative file names are relative to.
        submitter: who asked.
    """

    text: str
    program: Program
    data_source: str = field(repr=False)
    fingerprint: str
    idempotency_key: str = ""
    fetch_lease: float = 0.0
    deadline: float = 0.0
    working_directory: str = ""
    submitter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSnapshot:
    """One step, as it is now. Times are seconds since the epoch; 0 is "not yet"."""

    id: str
    index: int
    kind: str
    summary: str
    phase: Phase = Phase.PENDING
    reason: str = ""
    message: str = ""
    started: float = 0.0
    finished: float = 0.0
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSnapshot:
    """A job, as it is now. Times are seconds since the epoch; 0 is "not yet".

    Attributes:
        id: by which callers name it.
        incarnation: tells it from another job that had the id before, or has it later; empty where
            no id is ever used twice.
        url: where a person can look at it; empty: where the server says.
        idempotency_key: of the request that made it, as far as the runner knows.
    """

    id: str
    submitter: str
    created: float
    incarnation: str = ""
    url: str = ""
    idempotency_key: str = ""
    phase: Phase = Phase.PENDING
    reason: str = ""
    message: str = ""
    started: float = 0.0
    finished: float = 0.0
    steps: tuple[StepSnapshot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """What to page.

    Attributes:
        position: where the page before ended.
        streams: only these.
        max_bytes: the size that a page should not pass.
        wait: seconds to wait for something new.
        incarnation: of the job that the position is in; empty for the one there is.
    """

    position: Position
    streams: frozenset[Stream]
    max_bytes: int
    wait: float
    incarnation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which jobs to list: those made before ``before`` (created, id), the newest first."""

    limit: int
    before: tuple[float, str] | None = None
    phases: frozenset[Phase] = frozenset(Phase)


class Runner(Protocol):
    """Where jobs live and run."""

    @property
    def shared_files(self) -> bool:
        """Whether all steps see the same folder, so that relative file names work."""

    @property
    def draining(self) -> bool:
        """Whether :meth:`drain` was called."""

    def id_of(self, text: str) -> str:
        """Return the id of a job that is named by its id, or by an address that shows it."""

    async def check(self, order: Order) -> None:
        """See whether an order would be taken; raises what :meth:`run` would."""

    async def run(self, order: Order) -> JobSnapshot:
        """Make the job durable and start it; the same key and fingerprint give the same job.

        Raises:
            JobConflictError: the key stands for another order.
            StorageError: there is no room for it.
        """

    async def job(self, job_id: str) -> JobSnapshot:
        """Tell where a job is, and renew its lease."""

    async def jobs(self, query: JobQuery) -> list[JobSnapshot]:
        """List jobs, the newest first, at most ``query.limit``."""

    async def cancel(self, job_id: str, *, immediate: bool) -> JobSnapshot:
        """Ask for the job's end; of a job that has ended, nothing changes."""

    async def page(self, job_id: str, query: PageQuery) -> tuple[Page, JobSnapshot]:
        """Return what is new, waiting for it if need be, and renew the job's lease."""

    def drain(self) -> None:
        """Let every :meth:`page` that waits return at once, now and from here on."""

    async def start(self) -> None:
        """Take up the work: look after jobs that were left, keep house."""

    async def stop(self) -> None:
        """Let go; jobs run on."""
