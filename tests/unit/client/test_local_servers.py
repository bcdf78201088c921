from __future__ import annotations

import importlib.util
import sys

import pytest

from sqlflow import errors
from sqlflow.client import local_servers


def stands_in(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_servers, "COMMAND", [sys.executable, "-c", program])


def test_it_is_started_once_and_ends_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in("import os, sys; print(os.getpid(), flush=True); sys.stdin.read()", monkeypatch)
    server = local_servers.LocalServer()
    assert server.address() == server.address()
    process = server._process
    assert process is not None
    server.close()
    assert process.returncode == 0


def test_one_that_died_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in("import os; print(os.getpid(), flush=True)", monkeypatch)
    server = local_servers.LocalServer()
    first = server.address()
    assert server._process is not None
    server._process.wait()
    assert server.address() != first
    server.close()


def test_one_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in("raise SystemExit('the disk is full')", monkeypatch)
    with pytest.raises(errors.UserError) as caught:
        local_servers.LocalServer().address()
    assert str(caught.value) == "no server could be started here:\nthe disk is full"


def test_without_one_installed_it_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(errors.UserError, match="set SQLFLOW_SERVER; `sqlflow serve` starts one"):
        local_servers.LocalServer().address()
