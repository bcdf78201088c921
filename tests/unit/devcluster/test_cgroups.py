from __future__ import annotations

from pathlib import Path

from devcluster.node import cgroups

VERSION_1 = """\
29 23 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
30 29 0:27 / /sys/fs/cgroup/cpu rw,relatime shared:5 - cgroup cgroup rw,cpu
31 29 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
32 23 0:29 / /mnt/cgroup rw,relatime - ext4 /dev/vda rw
"""


def test_hierarchies_are_found_by_their_file_system_not_by_their_name():
    assert cgroups.hierarchies(VERSION_1) == {
        Path("/sys/fs/cgroup/cpu"): "cgroup",
        Path("/sys/fs/cgroup/unified"): "cgroup2",
    }


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
    monkeypatch.setattr(cgroups, "MOUNTS", mounts)

    cgroups.make("ours")

    assert (root / "ours/cpuset.cpus").read_text() == "0-1\n"
    assert (root / "ours/cpuset.mems").read_text() == "0\n"


def test_cgroups_are_named_from_the_innermost_out(tmp_path, monkeypatch):
    (tmp_path / "cpu/ours/kubepods/pod1").mkdir(parents=True)
    (tmp_path / "cpu/others").mkdir()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 29 0:27 / {tmp_path}/cpu rw - cgroup cgroup rw,cpu\n")
    monkeypatch.setattr(cgroups, "MOUNTS", mounts)

    assert cgroups.find("ours") == [
        tmp_path / "cpu/ours/kubepods/pod1",
        tmp_path / "cpu/ours/kubepods",
        tmp_path / "cpu/ours",
    ]

    cgroups.remove("ours")

    assert sorted((tmp_path / "cpu").iterdir()) == [tmp_path / "cpu/others"]
