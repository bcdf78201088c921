from __future__ import annotations

import os

import pytest

from devcluster import files


def test_file_has_its_content_and_its_mode(tmp_path):
    files.write(tmp_path / "key", b"secret")

    assert (tmp_path / "key").read_bytes() == b"secret"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    files.write(tmp_path / "key", b"old")

    def full(descriptor, mode):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(OSError, match="No space left"):
        files.write(tmp_path / "key", b"new")

    assert [(it.name, it.read_bytes()) for it in tmp_path.iterdir()] == [("key", b"old")]
