from __future__ import annotations

import subprocess
import sys

import pytest

from devcluster.go import cached
from devcluster.places import PROJECT


def test_an_entry_appears_when_it_is_complete(tmp_path):
    entry = tmp_path / "cache/entry"

    with cached.making(entry) as folder:
        (folder / "file").write_text("text")
        assert not entry.exists()

    assert (entry / "file").read_text() == "text"


def test_an_entry_that_fails_leaves_nothing(tmp_path):
    def fail():
        with cached.making(tmp_path / "entry") as folder:
            (folder / "file").write_text("text")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_what_is_beside_the_folder_to_fill_is_not_kept(tmp_path):
    with cached.making(tmp_path / "entry") as folder:
        (folder.parent / "source").mkdir()

    assert list(tmp_path.rglob("*")) == [tmp_path / "entry"]


def test_what_a_killed_build_left_goes_when_the_next_begins(tmp_path):
    killed = f"""
import os, pathlib
from devcluster.go import cached
with cached.making(pathlib.Path({str(tmp_path)!r}, "first")) as folder:
    (folder / "file").write_text("text")
    os.kill(os.getpid(), 9)
"""
    ended = subprocess.run([sys.executable, "-c", killed], cwd=PROJECT, check=False)
    assert ended.returncode == -9
    assert [it.name[:5] for it in tmp_path.iterdir()] == [".new-"]

    with cached.making(tmp_path / "second"):
        pass

    assert [it.name for it in tmp_path.iterdir()] == ["second"]
