from __future__ import annotations

import fcntl
import sys

import pytest

from devcluster import locks


def test_nobody_else_gets_a_lock_until_it_is_let_go(tmp_path):
    file = tmp_path / "new/lock"

    with locks.held(file, by="a test"), file.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    with file.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_lock_that_is_free_is_taken_without_a_word(tmp_path, capsys):
    with locks.held(tmp_path / "lock", by="a test"):
        pass

    assert capsys.readouterr().err == ""


def test_who_has_to_wait_says_for_whom_and_then_gets_the_lock(tmp_path, monkeypatch):
    said = []
    file = tmp_path / "lock"
    with file.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        class LetsGo:
            """What is said goes here, and lets the other one go."""

            def write(self, text):
                said.append(text)
                fcntl.flock(other, fcntl.LOCK_UN)

            def flush(self): ...

        monkeypatch.setattr(sys, "stderr", LetsGo())
        with locks.held(file, by="another build"), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    assert said == ["cluster: waiting for another build\n"]
