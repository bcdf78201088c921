"""What a program will do: its statements, checked, and in which order they may run.

The names below load on first use: a step imports :mod:`sqlflow.plan.program` and nothing else.
"""

from __future__ import annotations

# As type checkers know it, without loading ``typing``: every step imports this.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from sqlflow.plan.inputs import Limits
    from sqlflow.plan.planning import plan_program
    from sqlflow.plan.program import Execution, Program
    from sqlflow.plan.support import check_executable

__all__ = ["Execution", "Limits", "Program", "check_executable", "plan_program"]

_HOMES = {
    "Execution": "sqlflow.plan.program",
    "Limits": "sqlflow.plan.inputs",
    "Program": "sqlflow.plan.program",
    "check_executable": "sqlflow.plan.support",
    "plan_program": "sqlflow.plan.planning",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home (PEP 562)."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
