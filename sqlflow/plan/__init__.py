"""What a program will do: its statements, checked, and in which order they may run.

The names below load on first use: a step imports :mod:`sqlflow.plan.program` and nothing else.
"""

from __future__ import annotations

from sqlflow import lazy

# As type checkers know it, without loading ``typing``: every step imports this.
TYPE_CHECKING = False

if TYPE_CHECKING:
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

__getattr__ = lazy.loader(__name__, _HOMES)
