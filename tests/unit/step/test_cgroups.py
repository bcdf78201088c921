from __future__ import annotations

import pytest

from sqlflow.step import cgroups

EVENTS = "low 0\nhigh 0\nmax 7\noom 2\noom_kill 3\noom_group_kill 0\n"


@pytest.mark.parametrize(("mine", "place"), [("0::/\n", "."), ("0::/pods/one\n", "pods/one")])
def test_the_kernels_count_is_read(tmp_path, mine, place):
    (tmp_path / "mine").write_text(mine)
    (tmp_path / "mount" / place).mkdir(parents=True)
    (tmp_path / "mount" / place / "memory.events").write_text(EVENTS)
    assert cgroups.oom_kills(mount=tmp_path / "mount", mine=tmp_path / "mine") == 3


def test_where_it_can_not_be_read_nothing_is_known(tmp_path):
    assert cgroups.oom_kills(mount=tmp_path, mine=tmp_path / "none") == 0
    (tmp_path / "mine").write_text("5:memory:/old\n0::/\n")
    assert cgroups.oom_kills(mount=tmp_path, mine=tmp_path / "mine") == 0
