"""The client of a SQLFlow server: :class:`Client`, :class:`AsyncClient`, and what they give back.

In a notebook, ``%load_ext sqlflow.client.jupyter`` adds ``%%sqlflow``. The names below load on
first use (PEP 562), so that naming one costs no more than that one.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlflow.client.aio import AsyncClient, AsyncJob
    from sqlflow.client.client import Client, Job
    from sqlflow.client.results import Result, StatementResult
    from sqlflow.client.snapshots import JobSnapshot, JobStatus, StepSnapshot
    from sqlflow.client.tables import Table

__all__ = [
    "AsyncClient",
    "AsyncJob",
    "Client",
    "Job",
    "JobSnapshot",
    "JobStatus",
    "Result",
    "StatementResult",
    "StepSnapshot",
    "Table",
]

_HOMES = {
    "AsyncClient": "aio",
    "AsyncJob": "aio",
    "Client": "client",
    "Job": "client",
    "JobSnapshot": "snapshots",
    "JobStatus": "snapshots",
    "Result": "results",
    "StatementResult": "results",
    "StepSnapshot": "snapshots",
    "Table": "tables",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
