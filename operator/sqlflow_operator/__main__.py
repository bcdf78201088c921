"""``python -m sqlflow_operator``: the operator as a process of its own.

The namespaces that kopf watches and those that the operator itself lists are the same setting here.
"""

from __future__ import annotations

import errno
import sys
from typing import Final

import kopf
from pydantic import ValidationError

from sqlflow_operator import starting
from sqlflow_operator.metrics import ListenError
from sqlflow_operator.settings import from_environment
from sqlflow_operator.watching import register

_PORTS: Final = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)
"""Why a port can't be had."""


def main() -> int:
    """Run until SIGTERM."""
    try:
        settings = from_environment()
    except ValidationError as error:
        starting.end(error)
    register()
    try:
        kopf.run(
            standalone=True,
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
            liveness_endpoint=settings.liveness or None,
        )
    except OSError as error:  # kopf itself listens for the liveness probe
        if error.errno not in _PORTS:
            raise
        starting.end(ListenError(f"can't serve {settings.liveness}: {error.strerror}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
