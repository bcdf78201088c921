"""Fixtures that run real servers, ours and databases."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.server_processes import Gate, ServerProcess, running

# Fixtures, by name; here alone, so that each server is started once.
from tests.servers import mariadb, postgres  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Start a server with settings of one's own; ``state`` names its directory."""
    with contextlib.ExitStack() as stack:

        def make(state: str = "state", **settings: Any) -> ServerProcess:
            return stack.enter_context(running(tmp_path / state, **settings))

        yield make


@pytest.fixture
def server(make_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server with the default settings and an empty state directory."""
    return make_server()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """What a statement waits for."""
    return Gate(tmp_path / "gate")
