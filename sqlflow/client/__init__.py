"""The client of a SQLFlow server: :class:`Client`, :class:`AsyncClient`, and what they give back.

In a notebook, ``%load_ext sqlflow.client.jupyter`` adds ``%%sqlflow``. The names below load on
first use (PEP 562), so that naming one costs no more than that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow import lazy

if TYPE_CHECKING:
    from sqlflow.client.aio import AsyncClient, AsyncJob
    from sqlflow.client.client import Client, Job
    from sqlflow.client.logins import Login
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
    "Login",
    "Result",
    "StatementResult",
    "StepSnapshot",
    "Table",
]

_HOMES = {
    "AsyncClient": "sqlflow.client.aio",
    "AsyncJob": "sqlflow.client.aio",
    "Client": "sqlflow.client.client",
    "Job": "sqlflow.client.client",
    "JobSnapshot": "sqlflow.client.snapshots",
    "JobStatus": "sqlflow.client.snapshots",
    "Login": "sqlflow.client.logins",
    "Result": "sqlflow.client.results",
    "StatementResult": "sqlflow.client.results",
    "StepSnapshot": "sqlflow.client.snapshots",
    "Table": "sqlflow.client.tables",
}

__getattr__ = lazy.loader(__name__, _HOMES)
