"""What holds for all tests: no process may outlive the run."""

from __future__ import annotations

import os
import sys
import uuid
from typing import TYPE_CHECKING

from tests import leftovers

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault(leftovers.VARIABLE, uuid.uuid4().hex)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if it leaves a process behind, and end it."""
    if not hasattr(session.config, "workerinput"):  # The controller speaks for its workers.
        run = os.environ[leftovers.VARIABLE]
        left = leftovers.wait_until_gone(run, seconds=10)
        if left:
            leftovers.end(run)
            listing = "\n".join(f"  {pid}: {command}" for pid, command in left.items())
            sys.stderr.write(f"\nprocesses that the tests left behind:\n{listing}\n")
            session.exitstatus = 1
