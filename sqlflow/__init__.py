"""SQL programs, with statements that train, use and explain models, run as jobs.

The names below load on first use, so that a light process (a step that runs one SQL statement)
pays for none of them.
"""

from __future__ import annotations

# As type checkers know it, without loading ``typing``: a step starts its child before that.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from sqlflow.client import AsyncClient, Client
    from sqlflow.errors import SQLFlowError

__all__ = ["AsyncClient", "Client", "SQLFlowError", "__version__"]

__version__ = "0.1.0"

_HOMES = {
    "AsyncClient": "sqlflow.client",
    "Client": "sqlflow.client",
    "SQLFlowError": "sqlflow.errors",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home (PEP 562)."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
