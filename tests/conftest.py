"""What holds for all tests: no process and no mount may outlive the run."""

from __future__ import annotations

import os
import sys
import uuid

import pytest

from tests import leftovers

# Tests in modules that are not named as such: their assertions are to be shown as all others.
pytest.register_assert_rewrite("tests.conformance.service")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault(leftovers.VARIABLE, uuid.uuid4().hex)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if it leaves anything behind, and end that."""
    if not hasattr(session.config, "workerinput"):  # The controller speaks for its workers.
        run = os.environ[leftovers.VARIABLE]
        left = leftovers.wait_until_gone(run, seconds=10)
        if left:
            leftovers.end(run)
            sys.stderr.write("\nleft behind by the tests:\n" + "".join(f"  {x}\n" for x in left))
            session.exitstatus = 1
