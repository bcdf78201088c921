"""The files that components read: what is filled in, and that it is well-formed."""

from __future__ import annotations

import base64
import json
import tomllib
from pathlib import Path

import pytest
import yaml

from devcluster.node import certificates
from devcluster.node.components import Settings, write_configuration
from devcluster.places import Places

STATE = 'it\'s "my" state: #1'  # each of TOML, YAML and JSON would trip over one of these


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("cluster")
    found = Places(
        project=Path("/project"),
        cache=folder / "cache",
        state=folder / STATE,
        api_port=16443,
        registry_port=15000,
    )
    certificates.ensure(found.pki)
    write_configuration(
        found, Settings(container_log_max_size="64Ki"), sandbox_image="sqlflow.local/pause:1"
    )
    return found


def login(file: Path) -> dict[str, str]:
    """Return the context, server and user of a login."""
    read = yaml.safe_load(file.read_text())
    [context], [cluster], [user] = read["contexts"], read["clusters"], read["users"]
    assert context["context"] == {"cluster": cluster["name"], "user": user["name"]}
    assert read["current-context"] == context["name"]
    return {
        "context": context["name"],
        "server": cluster["cluster"]["server"],
        "user": user["name"],
        "certificate": base64.b64decode(user["user"]["client-certificate-data"]).decode(),
    }


def test_containerd_keeps_images_in_the_state_and_all_else_in_its_node(places):
    read = tomllib.loads((places.config / "containerd.toml").read_text())

    assert read["root"] == str(places.containerd)
    assert read["state"] == "/run/containerd"
    assert read["grpc"]["address"] == "/run/containerd/containerd.sock"
    cri = read["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["sandbox_image"] == "sqlflow.local/pause:1"
    assert cri["restrict_oom_score_adj"] is True


def test_images_of_our_name_come_from_the_local_registry_alone(places):
    containerd = tomllib.loads((places.config / "containerd.toml").read_text())
    registries = containerd["plugins"]["io.containerd.grpc.v1.cri"]["registry"]["config_path"]

    read = tomllib.loads(Path(registries, "sqlflow.local", "hosts.toml").read_text())

    assert read == {
        "server": "http://127.0.0.1:5000",
        "host": {"http://127.0.0.1:5000": {"capabilities": ["pull", "resolve"]}},
    }


def test_registry_keeps_blobs_in_the_cache(places):
    read = yaml.safe_load((places.config / "registry.yaml").read_text())

    assert read["storage"]["filesystem"] == {"rootdirectory": str(places.cache / "registry")}
    assert read["http"] == {"addr": "127.0.0.1:5000"}


def test_pods_hang_on_the_bridge_of_the_node(places):
    [file] = (places.config / "cni").iterdir()
    bridge, ports = json.loads(file.read_text())["plugins"]

    assert (bridge["type"], bridge["bridge"], ports["type"]) == ("bridge", "devc0", "portmap")
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.88.0.0/16", "gateway": "10.88.0.1"}]]
    assert bridge["ipam"]["dataDir"] == str(places.data / "cni")


def test_kubelet_rotates_logs_at_the_size_that_was_asked_for(places):
    read = yaml.safe_load((places.config / "kubelet.yaml").read_text())

    assert (read["containerLogMaxSize"], read["containerLogMaxFiles"]) == ("64Ki", 5)
    assert read["podLogsDir"] == str(places.logs / "pods")


def test_kubelet_lets_nobody_in_without_a_name(places):
    read = yaml.safe_load((places.config / "kubelet.yaml").read_text())

    assert read["authentication"]["anonymous"] == {"enabled": False}
    assert read["authentication"]["x509"] == {"clientCAFile": str(places.pki / "ca.crt")}
    assert read["authorization"] == {"mode": "Webhook"}


def test_kubelet_keeps_pods_below_the_cgroup_of_the_cluster(places):
    read = yaml.safe_load((places.config / "kubelet.yaml").read_text())

    assert read["cgroupRoot"] == f"/{places.name}"


def test_proxy_changes_no_limit_of_the_machine(places):
    read = yaml.safe_load((places.config / "kube-proxy.yaml").read_text())

    assert read["conntrack"] == {
        "maxPerCore": 0,
        "min": 0,
        "tcpEstablishedTimeout": "0s",
        "tcpCloseWaitTimeout": "0s",
    }


def test_administrator_logs_in_through_the_port_of_the_host(places):
    read = login(places.kubeconfig)

    assert read == {
        "context": "sqlflow",
        "server": "https://127.0.0.1:16443",
        "user": "admin",
        "certificate": (places.pki / "admin.crt").read_text(),
    }


def test_component_logs_in_from_inside_the_node(places):
    read = login(places.config / "kube-scheduler.kubeconfig")

    assert read["server"] == "https://127.0.0.1:6443"
    assert read["certificate"] == (places.pki / "kube-scheduler.crt").read_text()


def test_logins_are_for_their_owner_alone(places):
    files = [places.kubeconfig, *places.config.glob("*.kubeconfig")]

    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert len(files) == 5
