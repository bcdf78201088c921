"""Each write has its fail points, and each fail point a test on the cluster."""

from __future__ import annotations

from typing import get_args

from sqlflow_operator.actions import Write, name_of

from tests.cluster.support import kills


def test_the_operator_is_killed_around_each_of_its_writes() -> None:
    tested = [*kills.BEGINS, *kills.TELLS, *kills.SUSPENDS, *kills.CANCELS, *kills.REMOVES]
    assert sorted(tested) == sorted(map(name_of, get_args(Write)))
