from __future__ import annotations

from pathlib import Path

import pytest

from devcluster import host

VERSION_1 = """\
29 23 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
30 29 0:27 / /sys/fs/cgroup/cpu rw,relatime shared:5 - cgroup cgroup rw,cpu
31 29 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
32 23 0:29 / /mnt/cgroup rw,relatime - ext4 /dev/vda rw
"""


def test_hierarchies_are_found_by_their_file_system_not_by_their_name():
    assert host.hierarchies(VERSION_1) == {
        Path("/sys/fs/cgroup/cpu"): "cgroup",
        Path("/sys/fs/cgroup/unified"): "cgroup2",
    }


@pytest.fixture
def setting(tmp_path, monkeypatch):
    file = tmp_path / "overcommit_memory"
    file.write_text("0\n")
    monkeypatch.setattr(host, "SYSCTLS", (file,))
    return file


def test_settings_are_put_back_as_they_were(setting, tmp_path):
    host.note_sysctls(tmp_path / "noted")
    setting.write_text("1\n")
    host.restore_sysctls(tmp_path / "noted")

    assert setting.read_text() == "0"
    assert not (tmp_path / "noted").exists()


def test_a_second_note_does_not_take_the_node_s_settings_for_the_machine_s(setting, tmp_path):
    host.note_sysctls(tmp_path / "noted")
    setting.write_text("1\n")
    host.note_sysctls(tmp_path / "noted")
    host.restore_sysctls(tmp_path / "noted")

    assert setting.read_text() == "0"


def test_without_a_note_nothing_is_changed(setting, tmp_path):
    host.restore_sysctls(tmp_path / "noted")

    assert setting.read_text() == "0\n"


def test_a_version_1_cpuset_takes_the_processors_of_its_parent(tmp_path, monkeypatch):
    root = tmp_path / "cpuset"
    root.mkdir()
    (root / "cpuset.cpus").write_text("0-1\n")
    (root / "cpuset.mems").write_text("0\n")
    # The kernel makes these files in each new cgroup; a plain folder has to be given them.
    (root / "ours").mkdir()
    for name in ("cpuset.cpus", "cpuset.mems"):
        (root / "ours" / name).write_text("\n")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 29 0:27 / {root} rw - cgroup cgroup rw,cpuset\n")
    monkeypatch.setattr(host, "MOUNTS", mounts)

    host.make_cgroups("ours")

    assert (root / "ours/cpuset.cpus").read_text() == "0-1\n"
    assert (root / "ours/cpuset.mems").read_text() == "0\n"


def test_cgroups_are_named_from_the_innermost_out(tmp_path, monkeypatch):
    (tmp_path / "cpu/ours/kubepods/pod1").mkdir(parents=True)
    (tmp_path / "cpu/others").mkdir()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 29 0:27 / {tmp_path}/cpu rw - cgroup cgroup rw,cpu\n")
    monkeypatch.setattr(host, "MOUNTS", mounts)

    assert host.cgroups("ours") == [
        tmp_path / "cpu/ours/kubepods/pod1",
        tmp_path / "cpu/ours/kubepods",
        tmp_path / "cpu/ours",
    ]

    host.remove_cgroups("ours")

    assert sorted((tmp_path / "cpu").iterdir()) == [tmp_path / "cpu/others"]
