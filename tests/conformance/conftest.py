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


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests of a module; ``shared_server`` tidies up after each."""
    with running(tmp_path_factory.mktemp("shared") / "state") as server:
        yield server


@pytest.fixture
def shared_server(module_server: ServerProcess) -> Iterator[ServerProcess]:
    """A server that other tests use too: neither kill it nor count its jobs."""
    yield module_server
    module_server.end_jobs()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """What a statement waits for."""
    return Gate(tmp_path / "gate")
