"""SQL programs, with statements that train, use and explain models, run as jobs.

The names below load on first use, so that a light process (a step that runs one SQL statement)
pays for none of them.
"""

from __future__ import annotations

from sqlflow import lazy

# As type checkers know it, without loading ``typing``: a step starts its child before that.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from sqlflow.client import AsyncClient, Client
    from sqlflow.errors import SQLFlowError

__all__ = ["AsyncClient", "Client", "SQLFlowError", "__version__"]

__version__ = "0.1.0"

_HOMES = {
    "AsyncClient": "sqlflow.client",
    "Client": "sqlflow.client",
    "SQLFlowError": "sqlflow.errors",
}

__getattr__ = lazy.loader(__name__, _HOMES)
