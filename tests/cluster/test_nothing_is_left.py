"""A cluster leaves nothing on its machine, also if its start is killed at any point."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cluster.support.machine import Machine
from tests.cluster.support.second import Second

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.node_flavour, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the unpacked images stay, so that not each start has to unpack them."""
    folder = tmp_path_factory.mktemp("second") / "state"
    yield folder
    shutil.rmtree(folder)  # They are large, and pytest keeps the folders of its last runs.


@pytest.fixture
def second(state: Path) -> Iterator[Second]:
    cluster = Second.at(state)
    yield cluster
    cluster.end()


@pytest.fixture
def before(second: Second) -> Machine:
    return Machine.now(second.places.name)


def nothing_is_left(second: Second, before: Machine) -> None:
    left = second.left() + Machine.now(second.places.name).differences(before)
    if left:
        pytest.fail("left behind:\n" + "\n".join(left), pytrace=False)


def test_after_up_and_down(second: Second, before: Machine) -> None:
    second.do("up")
    assert " NO " not in second.do("status")

    second.do("down")

    nothing_is_left(second, before)


@pytest.mark.parametrize("line", ["etcd: ", "kubelet: ", "add-ons"])
def test_after_up_was_killed(line: str, second: Second, before: Machine) -> None:
    second.kill_up_when(lambda told: line in told)

    second.do("down")

    nothing_is_left(second, before)


def test_after_up_was_killed_while_the_node_was_set_up(second: Second, before: Machine) -> None:
    second.kill_up_when(lambda _told: second.is_booting())

    second.do("down")

    nothing_is_left(second, before)


def test_after_up_was_killed_while_it_waited_for_pods(second: Second, before: Machine) -> None:
    second.kill_up_when(lambda _told: second.has_containers())

    second.do("down")

    nothing_is_left(second, before)


def test_up_works_over_what_an_unclean_end_left(second: Second, before: Machine) -> None:
    second.kill_up_when(lambda _told: second.has_containers())
    second.kill_first_process()

    second.do("up")

    assert " NO " not in second.do("status")
    second.do("down")
    nothing_is_left(second, before)
