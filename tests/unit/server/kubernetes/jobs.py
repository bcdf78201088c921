"""SQLFlowJobs, steps and tails for the tests of the Kubernetes runner."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from sqlflow_server.runners.protocol import JobSnapshot, StepSnapshot

from pkg_argo.job import SQLFlowJob
from pkg_argo.spools import Spool
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import Mark, Stream
from sqlflow.wire.statuses import Phase


def job_of(program: str | None = "SELECT 1; SELECT 2", **changes: Any) -> SQLFlowJob:
    """A job as the API server has it; ``spec``, ``status`` and ``metadata`` are added to."""
    spec = {
        "program": program,
        "dataSource": {"dialect": "mysql", "secretRef": {"name": "j"}},
        **changes.get("spec", {}),
    }
    meta = {
        "name": "j",
        "namespace": "jobs",
        "uid": "u1",
        "resourceVersion": "7",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        **changes.get("metadata", {}),
    }
    value = {"metadata": meta, "spec": spec, "status": changes.get("status", {})}
    return SQLFlowJob.from_dict(value)


def step(
    phase: Phase = Phase.SUCCEEDED, *, index: int = 1, ran: bool = True, attempt: int = 1
) -> StepSnapshot:
    return StepSnapshot(
        id=f"s0{index}-select",
        index=index,
        kind="standard",
        summary="",
        phase=phase,
        started=100.0 if ran else 0.0,
        finished=102.5 if ran and phase.final else 0.0,
        attempt=attempt if ran else 0,
    )


def snapshot(phase: Phase, *steps: StepSnapshot) -> JobSnapshot:
    return JobSnapshot(
        id="j", submitter="", created=1.0, phase=phase, steps=steps, incarnation="u1"
    )


def line(seq: int, text: str = "x") -> bytes:
    return frames.encode(seq, Stream.STDOUT, Mark.WHOLE, json.dumps(text).encode())


def end(seq: int, phase: Phase = Phase.SUCCEEDED) -> bytes:
    payload = statuses.end(phase).to_json().encode()
    return frames.encode(seq, Stream.STATUS, Mark.WHOLE, payload)


def tail(*lines: bytes, attempt: int = 1, over: bool = True, torn: bool = False) -> Any:
    """What a tail has read: all of a log, or as much as there is by now."""
    spool = Spool(attempt, f"pod{attempt}")
    spool.begin()
    for it in lines:
        spool.feed(it)
    if over:
        spool.finish()
    return SimpleNamespace(spool=spool, torn=torn)
