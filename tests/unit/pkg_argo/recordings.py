"""What a real cluster said (``tests/fixtures/cluster``), and jobs to go with it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pkg_argo.job import JobSpec, JobStatus, Metadata, SQLFlowJob
from pkg_argo.seen import Seen
from sqlflow.plan.program import Kind, Program, Statement

FOLDER = Path(__file__).parents[2] / "fixtures" / "cluster"
URL = "https://argo.example/workflows/{namespace}/{name}"
SPEC = {
    "program": "SELECT 1",
    "dataSource": {"dialect": "mysql", "secretRef": {"name": "db", "key": "dsn"}},
}
LINES = {"s01-select": 1, "s02-train": 3, "s03-select": 9}
STEPS = {
    "success": ("s01-select", "s02-train"),
    "success-running": ("s01-select", "s02-train"),
    "shutdown-waiting": ("s01-select", "s02-train"),
    "refused": ("s01-select", "s02-train", "s03-select"),
}


@dataclass(frozen=True, slots=True)
class Recording:
    seen: Seen
    now: datetime


@cache
def _read(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return value


def recording(name: str) -> Recording:
    """Return a copy, to be changed at will."""
    value = copy.deepcopy(_read(name))
    seen = Seen(
        workflow=value["workflow"],
        pods=value["pods"],
        events=value["events"],
        program=program(*STEPS.get(name, ("s01-select",))),
    )
    return Recording(seen, at(value["now"]))


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def program(*steps: str) -> Program:
    statements = [
        Statement(id=step, index=n, kind=Kind.STANDARD, text="SELECT 1", line=LINES[step])
        for n, step in enumerate(steps, 1)
    ]
    return Program(dialect="mysql", statements=tuple(statements))


def job(status: JobStatus | None = None, **spec: Any) -> SQLFlowJob:
    return SQLFlowJob(
        metadata=Metadata(name="iris", namespace="jobs", uid="u-1", generation=2),
        spec=JobSpec.from_dict({**SPEC, **spec}),
        status=status or JobStatus(),
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
