from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devcluster import programs
from devcluster.errors import ClusterError
from devcluster.places import PROJECT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in programs.PACKAGES:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_program_is_found_by_its_name(folder):
    assert programs.find(str(folder), folder)["etcd"] == folder / "etcd"


def test_all_that_is_missing_is_named_with_the_command_that_installs_it(folder):
    for name in ("etcd", "bridge", "portmap"):
        (folder / name).unlink()

    with pytest.raises(ClusterError) as caught:
        programs.find(str(folder), folder)

    assert caught.value.message == (
        "the cluster needs programs that are not installed: etcd, bridge, portmap"
    )
    assert caught.value.hint == (
        "on Debian: apt-get install containernetworking-plugins etcd-server"
    )


def test_plugin_is_not_taken_for_a_program_of_the_same_name(folder, tmp_path):
    # `bridge` is also a command of iproute2.
    with pytest.raises(ClusterError, match="installed: bridge, portmap, host-local, loopback;"):
        programs.find(str(folder), tmp_path / "nowhere")


def test_packages_are_on_the_list_that_is_installed_for_the_tests():
    listed = (PROJECT / "devcluster/debian-packages.txt").read_text().splitlines()

    assert set(programs.PACKAGES.values()) <= set(listed)
