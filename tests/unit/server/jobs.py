"""Jobs on disk, made without a server or a supervisor."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from sqlflow_server.runners.local import files
from sqlflow_server.runners.local.layout import JobDirectory, JobSpec, StepSpec
from sqlflow_server.runners.local.states import JobState, StepState
from sqlflow_server.runners.local.store import Limits, Store
from sqlflow_server.runners.protocol import Order

from sqlflow.plan.program import Execution, Kind, Program, Statement
from sqlflow.wire import frames
from sqlflow.wire.frames import Mark, Stream

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits(parallelism=4, step_output_limit=1000)


def spec_of(*after: tuple[str, ...], parallelism: int = 4, **changes: Any) -> JobSpec:
    """A job whose steps s1, s2, … wait for the steps named."""
    steps = tuple(
        StepSpec(
            id=f"s{n}",
            index=n,
            kind="standard",
            summary=f"statement {n}",
            after=names,
            line=10 * n,
        )
        for n, names in enumerate(after, 1)
    )
    spec = JobSpec(
        id="j1",
        submitter="me",
        created=1.0,
        fingerprint="f",
        fetch_lease=0.0,
        deadline=0.0,
        working_directory="/",
        parallelism=parallelism,
        output_limit=0,
        steps=steps,
    )
    return dataclasses.replace(spec, **changes)


def state_of(*steps: str, **changes: Any) -> JobState:
    """A state with steps in the phases named."""
    from sqlflow.wire.statuses import Phase

    return JobState(steps=tuple(StepState(phase=Phase(s)) for s in steps), **changes)


def order_of(text: str = "SELECT 1", **changes: Any) -> Order:
    """An order for a program of one statement."""
    statement = Statement(id="s01-select", index=1, kind=Kind.STANDARD, text=text)
    program = Program(dialect="duckdb", statements=(statement,), execution=Execution.PARALLEL)
    order = Order(
        text=text, program=program, data_source="", fingerprint=text, working_directory="/"
    )
    return dataclasses.replace(order, **changes)


def made(root: Path, **changes: Any) -> JobDirectory:
    """A job in a store."""
    store = Store(root)
    job_id, _ = store.create(order_of(**changes), "duckdb:///d", LIMITS)
    return store.find(job_id)


def put_state(directory: JobDirectory, state: JobState) -> None:
    files.replace(directory.state, state.to_json().encode())


def put_lines(directory: JobDirectory, *texts: str, first: int = 1) -> None:
    """Append lines of standard output to the frames of the first step."""
    attempt = directory.attempt("s01-select", 1)
    attempt.folder.mkdir(parents=True, exist_ok=True)
    with attempt.frames.open("ab") as file:
        for seq, text in enumerate(texts, first):
            payload = f'"{text}"'.encode()
            file.write(frames.encode(seq, Stream.STDOUT, Mark.WHOLE, payload))
