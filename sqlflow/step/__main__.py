"""The parent's start: the child comes first, everything else while it loads its modules."""

from __future__ import annotations

import os
import sys
import time

from sqlflow.step.cancelling import Canceller
from sqlflow.step.launching import Child

LIMIT = 8 * 1024 * 1024


def main() -> int:
    """Run a step; return the exit code, see :mod:`sqlflow.step`."""
    started = time.monotonic()
    if len(sys.argv) != 3:
        sys.stderr.write("usage: python -m sqlflow.step PROGRAM_FILE INDEX\n")
        return 64  # EX_USAGE of sysexits.h
    program_file, index = sys.argv[1:]
    limit = int(os.environ.get("SQLFLOW_STEP_OUTPUT_LIMIT") or LIMIT)
    canceller = Canceller()
    child: Child | OSError
    try:
        child = Child(program_file, index, str(limit))
        canceller.watch(child.pid)
    except OSError as error:
        child = error
    from sqlflow.step import supervising

    first = supervising.begin(program_file, index)
    return supervising.supervise(child, canceller, first=first, limit=limit, started=started)


if __name__ == "__main__":
    sys.exit(main())
