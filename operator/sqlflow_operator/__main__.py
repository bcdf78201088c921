"""``python -m sqlflow_operator``: the operator as a process of its own.

The namespaces that kopf watches and those that the operator itself lists are the same setting here.
"""

from __future__ import annotations

import sys

import kopf
from pydantic import ValidationError

from sqlflow_operator.settings import from_environment
from sqlflow_operator.watching import register


def main() -> int:
    """Run until SIGTERM."""
    try:
        settings = from_environment()
    except ValidationError as error:
        print(f"sqlflow-operator: {error}", file=sys.stderr)  # noqa: T201 - there is no log yet
        return 2
    register()
    kopf.run(
        standalone=True,
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        liveness_endpoint=settings.liveness or None,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
