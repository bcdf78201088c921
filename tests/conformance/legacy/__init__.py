"""The session of the unmodified client of 2020 (sqlflow 0.15.0 of PyPI), for every runner the same.

Whoever runs it has a fixture ``legacy`` of its own and imports the rest: see the two modules
``test_legacy_client.py`` and ``test_legacy.py``.
"""

from tests.conformance.legacy.sessions import commands, session
from tests.conformance.legacy.telling import TestCommands, TestErrors, TestResults

__all__ = ["TestCommands", "TestErrors", "TestResults", "commands", "session"]
