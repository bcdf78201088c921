from __future__ import annotations

from pathlib import Path

import pytest

from devcluster.errors import ClusterError
from devcluster.places import Places


def test_folders_follow_the_desktop_standard():
    places = Places.from_environment({"HOME": "/me"})

    assert places.cache == Path("/me/.cache/sqlflow-devcluster")
    assert places.state == Path("/me/.local/state/sqlflow-devcluster")
    assert places.kubeconfig == Path("/me/.local/state/sqlflow-devcluster/kubeconfig")
    assert (places.api_port, places.registry_port) == (16443, 15000)


def test_variables_of_the_desktop_standard_move_both():
    places = Places.from_environment(
        {"HOME": "/me", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}
    )

    assert places.cache == Path("/c/sqlflow-devcluster")
    assert places.state == Path("/s/sqlflow-devcluster")


def test_our_own_variables_come_first():
    places = Places.from_environment(
        {
            "HOME": "/me",
            "XDG_CACHE_HOME": "/c",
            "SQLFLOW_DEVCLUSTER_CACHE": "/cache",
            "SQLFLOW_DEVCLUSTER_STATE": "/state",
            "SQLFLOW_DEVCLUSTER_API_PORT": "1",
            "SQLFLOW_DEVCLUSTER_REGISTRY_PORT": "65535",
        }
    )

    assert (places.cache, places.state) == (Path("/cache"), Path("/state"))
    assert (places.api_port, places.registry_port) == (1, 65535)


@pytest.mark.parametrize("folder", ["/run/x", "/var/lib/x", "/var"])
def test_a_folder_that_the_node_could_not_see_is_refused(folder):
    with pytest.raises(ClusterError, match="the node has a /run and a /var of its own"):
        Places.from_environment({"SQLFLOW_DEVCLUSTER_STATE": folder})


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "1e3"])
def test_a_port_that_is_none_is_refused_by_the_name_of_its_variable(port):
    with pytest.raises(ClusterError, match=r"SQLFLOW_DEVCLUSTER_API_PORT is '.*'; expected a port"):
        Places.from_environment({"SQLFLOW_DEVCLUSTER_API_PORT": port})


def test_a_state_folder_too_deep_for_a_socket_is_refused():
    with pytest.raises(ClusterError, match="too long for a socket"):
        Places.from_environment({"SQLFLOW_DEVCLUSTER_STATE": "/deep" * 20})


def test_two_clusters_have_names_of_their_own():
    one = Places.from_environment({"SQLFLOW_DEVCLUSTER_STATE": "/one"})
    two = Places.from_environment({"SQLFLOW_DEVCLUSTER_STATE": "/two"})

    assert one.name.startswith("sqlflow-devcluster-")
    assert one.name != two.name
