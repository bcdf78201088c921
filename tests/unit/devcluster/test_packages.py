"""The list of Debian packages that `make cluster` installs."""

from __future__ import annotations

from pathlib import Path

from devcluster import programs

ROOT = Path(__file__).resolve().parents[3]


def test_each_program_that_a_node_looks_for_is_in_a_listed_package():
    lines = (ROOT / "devcluster/debian-packages.txt").read_text("utf-8").splitlines()
    listed = {line for line in lines if not line.startswith("#")}

    assert set(programs.PACKAGES.values()) - listed == set()
