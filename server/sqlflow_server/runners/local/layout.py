"""A job's directory: names of its files, and what stands in ``job.json``.

Standard library only: the supervisor imports it.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

JOB_ID = re.compile(r"[a-z][a-z0-9-]{0,51}")
"""What an id may look like: a DNS label, so never a path."""

RESERVE = 64 * 1024
"""Bytes kept back in each job's directory for its last state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """One step, as ordered.

    Attributes:
        after: the ids of the steps that it waits for.
        line: of the program; 0 in jobs that an earlier version ordered.
    """

    id: str
    index: int
    kind: str
    summary: str
    after: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A job, as ordered: the content of ``job.json``.

    Attributes:
        parallelism: how many steps may run at the same time.
        output_limit: bytes of frames that one step may write; 0: no limit.
        fetch_lease, deadline: in seconds; 0: none.
        fingerprint: of the order, for orders with the same idempotency key.
    """

    id: str
    submitter: str
    created: float
    fingerprint: str
    fetch_lease: float
    deadline: float
    working_directory: str
    parallelism: int
    output_limit: int
    steps: tuple[StepSpec, ...]

    def to_json(self) -> str:
        """Return the content of ``job.json``."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> JobSpec:
        """Read what :meth:`to_json` wrote."""
        value = json.loads(text)
        steps = tuple(StepSpec(**{**s, "after": tuple(s["after"])}) for s in value.pop("steps"))
        return cls(**value, steps=steps)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The files of one try of one step."""

    folder: Path
    number: int

    @property
    def frames(self) -> Path:
        """The transcript; its lock tells whether the step lives."""
        return self.folder / f"{self.number}.frames"

    @property
    def pid(self) -> Path:
        """The step's process id, written by that process before it executes anything."""
        return self.folder / f"{self.number}.pid"

    @property
    def end(self) -> Path:
        """The step's own words about its end, as JSON."""
        return self.folder / f"{self.number}.end"

    @property
    def stderr(self) -> Path:
        """Standard error of the step's parent process: empty unless it broke."""
        return self.folder / f"{self.number}.stderr"


@dataclass(frozen=True, slots=True)
class JobDirectory:
    """The files of one job; the package's docstring says what each is for."""

    path: Path

    @property
    def job(self) -> Path:
        """What was ordered."""
        return self.path / "job.json"

    @property
    def program(self) -> Path:
        """The plan."""
        return self.path / "program.json"

    @property
    def data_source(self) -> Path:
        """The DSN."""
        return self.path / "data-source"

    @property
    def state(self) -> Path:
        """Where the job is."""
        return self.path / "state.json"

    @property
    def lock(self) -> Path:
        """Held by the living supervisor."""
        return self.path / "lock"

    @property
    def lease(self) -> Path:
        """Its mtime says when somebody fetched last."""
        return self.path / "lease"

    @property
    def cancel(self) -> Path:
        """Exists once somebody asked for the end."""
        return self.path / "cancel"

    @property
    def cancel_now(self) -> Path:
        """Exists once somebody asked for the end without grace."""
        return self.path / "cancel-now"

    @property
    def reserve(self) -> Path:
        """Room for the last state on a full disk."""
        return self.path / "reserve"

    @property
    def log(self) -> Path:
        """What the supervisor had to say."""
        return self.path / "supervisor.log"

    def attempt(self, step_id: str, number: int) -> Attempt:
        """Return the files of one try of a step."""
        return Attempt(self.path / "steps" / step_id, number)
