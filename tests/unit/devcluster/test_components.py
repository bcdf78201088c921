"""The processes of a node as data: their order, their flags, and what restarts which of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from devcluster import programs
from devcluster.node import certificates
from devcluster.node.components import Component, Settings, components, write_configuration
from devcluster.places import Places

KUBERNETES = (
    *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster") / "pki"
    certificates.ensure(folder)
    return folder


@pytest.fixture
def places(pki: Path, tmp_path: Path) -> Places:
    return Places(
        project=Path("/project"),
        cache=tmp_path / "cache",
        state=pki.parent,
        api_port=16443,
        registry_port=15000,
    )


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """Let every program be there, whatever this machine has."""
    debian = {name: Path("/debian") / name for name in programs.PACKAGES}
    monkeypatch.setattr(programs, "find", lambda: debian)


def described(places, *, log_size="10Mi", sandbox="sqlflow.local/pause:1") -> dict[str, Component]:
    settings = Settings(container_log_max_size=log_size)
    write_configuration(places, settings, sandbox_image=sandbox)
    binaries = {name: Path("/built") / name for name in KUBERNETES}
    return {it.name: it for it in components(places, binaries)}


def differing(before: dict[str, Component], after: dict[str, Component]) -> list[str]:
    return [name for name in before if before[name].process.digest != after[name].process.digest]


def flags(component: Component) -> dict[str, str]:
    return dict(word.removeprefix("--").split("=", 1) for word in component.process.argv[1:])


def test_a_component_is_started_after_those_that_it_needs(places):
    assert list(described(places)) == [
        "etcd",
        "registry",
        "containerd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
        "kube-proxy",
    ]


def test_writing_the_same_again_restarts_nothing(places):
    assert differing(described(places), described(places)) == []


def test_another_size_of_logs_restarts_the_kubelet_alone(places):
    before = described(places)

    assert differing(before, described(places, log_size="64Ki")) == ["kubelet"]


def test_another_sandbox_restarts_containerd_alone(places):
    before = described(places)

    assert differing(before, described(places, sandbox="sqlflow.local/pause:2")) == ["containerd"]


def test_another_login_restarts_the_component_that_uses_it(places):
    before = described(places)
    (places.pki / "kube-scheduler.crt").unlink()
    certificates.ensure(places.pki)

    assert differing(before, described(places)) == ["kube-scheduler"]


def test_nothing_of_the_callers_environment_reaches_a_component(places, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    environments = [it.process.environment for it in described(places).values()]

    assert environments == 8 * [
        {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/run",
            "TMPDIR": "/run",
        }
    ]


def test_api_server_checks_who_asks_and_what_nodes_may_do(places):
    given = flags(described(places)["kube-apiserver"])

    assert given["authorization-mode"] == "Node,RBAC"
    assert given["enable-admission-plugins"] == "NodeRestriction"
    assert given["client-ca-file"] == str(places.pki / "ca.crt")
    assert given["kubelet-certificate-authority"] == str(places.pki / "ca.crt")


def test_api_server_is_asked_how_it_is_by_the_administrator(places):
    health = described(places)["kube-apiserver"].health

    assert health.url == "https://127.0.0.1:6443/readyz"
    assert (health.ca, health.cert, health.key) == tuple(
        str(places.pki / name) for name in ("ca.crt", "admin.crt", "admin.key")
    )


def test_what_has_no_login_is_out_of_reach_of_pods(places):
    found = described(places)

    assert flags(found["etcd"])["listen-client-urls"] == "http://127.0.0.1:2379"
    assert flags(found["etcd"])["listen-peer-urls"] == "http://127.0.0.1:2380"
    assert flags(found["kube-scheduler"])["bind-address"] == "127.0.0.1"
    assert flags(found["kube-controller-manager"])["bind-address"] == "127.0.0.1"


def test_controller_manager_makes_no_folder_outside_the_state(places):
    given = flags(described(places)["kube-controller-manager"])

    assert given["flex-volume-plugin-dir"] == str(places.data / "volume-plugins")
