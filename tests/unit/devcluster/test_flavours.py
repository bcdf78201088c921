"""Which kind of cluster a machine gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devcluster import flavours
from devcluster.errors import ClusterError
from devcluster.kind import KindCluster
from devcluster.node.cluster import NodeCluster
from devcluster.places import Places

if TYPE_CHECKING:
    from devcluster.flavours import Flavour


def yes() -> bool:
    return True


def no() -> bool:
    return False


def never() -> bool:
    raise AssertionError


@pytest.mark.parametrize(("root", "debian"), [(True, True), (False, False)])
def test_where_a_docker_engine_answers_it_is_kind(root: bool, debian: bool):
    assert flavours.decide("", docker_answers=yes, root=root, debian=debian) == "kind"


def test_without_one_root_on_debian_gets_a_node():
    assert flavours.decide("", docker_answers=no, root=True, debian=True) == "node"


@pytest.mark.parametrize("name", ["kind", "node"])
def test_a_forced_flavour_is_taken_without_a_look_at_the_machine(name: str):
    assert flavours.decide(name, docker_answers=never, root=False, debian=False) == name


@pytest.mark.parametrize(
    ("root", "debian", "missing"), [(False, True, "root"), (True, False, "Debian")]
)
def test_where_neither_can_be_the_error_says_what_it_takes(root: bool, debian: bool, missing: str):
    with pytest.raises(ClusterError) as caught:
        flavours.decide("", docker_answers=no, root=root, debian=debian)

    assert str(caught.value) == (
        f"a cluster can't run here: no Docker engine answers, and this is not {missing}; it takes"
        " a Docker engine ('docker info' tells whether one answers) or root on Debian"
    )


def test_an_unknown_flavour_is_refused_with_the_names_there_are():
    with pytest.raises(ClusterError) as caught:
        flavours.decide("minikube", docker_answers=never, root=True, debian=True)

    assert str(caught.value) == (
        "SQLFLOW_DEVCLUSTER_FLAVOUR is 'minikube'; expected one of: kind, node"
    )


@pytest.mark.parametrize(("name", "expected"), [("kind", KindCluster), ("node", NodeCluster)])
def test_the_cluster_is_of_the_flavour_that_the_environment_names(
    name: str, expected: type[Flavour]
):
    environment = {"HOME": "/nowhere", "SQLFLOW_DEVCLUSTER_FLAVOUR": name}

    cluster = flavours.open_cluster(Places.from_environment(environment), environment)

    assert type(cluster) is expected
