"""The kind flavour, as far as it can be seen without a Docker engine: which commands it runs."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devcluster import addons, contained, kind
from devcluster.errors import ClusterError
from devcluster.go import binaries
from devcluster.kind import KindCluster
from devcluster.node.components import Settings
from devcluster.places import Places

ID = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
INSIDE = ["docker", "exec", "sqlflow-control-plane"]


@dataclass
class Commands:
    """Stands for everything that runs commands, and notes them down.

    Attributes:
        node: whether kind's container runs.
        ran: the commands, as one would type them.
    """

    kubeconfig: Path
    node: bool = False
    fails: str = "nothing"
    ran: list[str] = field(default_factory=list)

    def run(self, argv: list[str], **_: object) -> str:
        command = shlex.join(argv)
        self.ran.append(command)
        if self.fails in command:
            raise ClusterError(f"{self.fails} failed")
        if "create" in argv:
            self.kubeconfig.write_text("login", "utf-8")
        if argv[:2] == ["docker", "ps"]:
            return "sqlflow-control-plane\n" if self.node else ""
        return ID if argv[:3] == ["docker", "image", "inspect"] else ""

    def of(self, *words: str) -> list[str]:
        """Return the commands that begin with one of these words."""
        return [it for it in self.ran if it.startswith(words)]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        project=Path("/project"),
        cache=tmp_path / "cache",
        state=tmp_path / "state",
        api_port=16443,
        registry_port=15000,
    )


@pytest.fixture
def commands(places: Places, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = Commands(places.kubeconfig)
    monkeypatch.setattr(contained, "run", commands.run)
    monkeypatch.setattr(binaries, "ensure", lambda _cache, names: {n: Path(n) for n in names})
    monkeypatch.setattr(addons, "apply", lambda *_, dns: commands.ran.append(f"add-ons, dns={dns}"))
    monkeypatch.setattr(addons, "wait", lambda _: commands.ran.append("wait"))
    return commands


@pytest.fixture
def cluster(places: Places) -> KindCluster:
    return KindCluster(places)


@pytest.fixture
def running(cluster: KindCluster, commands: Commands) -> KindCluster:
    commands.node = True
    cluster.kubeconfig.parent.mkdir()
    cluster.kubeconfig.write_text("login", "utf-8")
    return cluster


def test_up_makes_the_cluster_of_the_file_in_the_project(cluster: KindCluster, commands: Commands):
    cluster.up(Settings())

    login = f"--kubeconfig={cluster.kubeconfig}"
    config = "--config=/project/kind-config.yaml"
    assert commands.of("kind")[:2] == [
        f"kind delete cluster --name=sqlflow {login}",
        f"kind create cluster --name=sqlflow {config} {login} --wait=180s",
    ]


def test_the_kubeconfig_is_for_its_owner_only(cluster: KindCluster, commands: Commands):
    cluster.up(Settings())

    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_up_on_a_running_cluster_keeps_it(running: KindCluster, commands: Commands):
    running.up(Settings())

    assert [it for it in commands.of("kind") if "load" not in it] == []


def test_up_starts_over_where_it_was_killed_in_the_middle(cluster: KindCluster, commands: Commands):
    commands.node = True  # but kind had not come to write the kubeconfig

    cluster.up(Settings())

    assert [it.split()[1] for it in commands.of("kind")][:2] == ["delete", "create"]


def test_up_starts_over_where_the_container_has_stopped(running: KindCluster, commands: Commands):
    commands.node = False

    running.up(Settings())

    assert [it.split()[1] for it in commands.of("kind")][:2] == ["delete", "create"]


def test_a_failed_creation_leaves_no_kubeconfig(running: KindCluster, commands: Commands):
    commands.node = False
    commands.fails = "kind create"

    with pytest.raises(ClusterError):
        running.up(Settings())

    assert not running.kubeconfig.exists()


def test_the_add_ons_come_without_dns_which_kind_has(cluster: KindCluster, commands: Commands):
    cluster.up(Settings())

    assert commands.ran[-2:] == ["add-ons, dns=False", "wait"]


def test_images_are_loaded_one_by_one_under_a_name_that_is_their_content(
    running: KindCluster, commands: Commands
):
    references = running.load(["control", "argoexec"])

    assert references == {
        "control": "sqlflow.local/control:0123456789ab",
        "argoexec": "sqlflow.local/argoexec:0123456789ab",
    }
    assert commands.of("kind") == [
        "kind load docker-image --name=sqlflow sqlflow.local/control:0123456789ab",
        "kind load docker-image --name=sqlflow sqlflow.local/argoexec:0123456789ab",
    ]


def test_down_removes_cluster_and_kubeconfig(running: KindCluster, commands: Commands):
    running.down()

    assert commands.ran == [f"kind delete cluster --name=sqlflow --kubeconfig={running.kubeconfig}"]
    assert not running.kubeconfig.exists()


def test_down_without_a_cluster_is_no_error(cluster: KindCluster, commands: Commands):
    cluster.down()

    assert not cluster.running


@pytest.mark.parametrize(
    ("follow", "command"),
    [
        (False, ["journalctl", "--no-pager", "--unit=kubelet"]),
        (True, ["journalctl", "--no-pager", "--unit=kubelet", "--follow"]),
    ],
)
def test_the_log_of_a_service_is_systemd_s(follow: bool, command: list[str]):
    assert kind.log_command("kubelet", follow=follow) == [*INSIDE, *command]


@pytest.mark.parametrize(("follow", "option"), [(False, ""), (True, "--follow ")])
def test_the_log_of_a_container_is_that_of_its_newest(follow: bool, option: str):
    newest = "$(crictl ps --all --latest --quiet --name '^etcd$')"
    script = f"exec crictl logs {option}{newest}"

    assert kind.log_command("etcd", follow=follow) == [*INSIDE, "sh", "-c", script]


def test_a_service_is_restarted_by_systemd():
    assert kind.restart_command("kubelet") == [*INSIDE, "systemctl", "restart", "kubelet"]


def test_a_container_is_stopped_for_the_kubelet_to_start_it_again():
    running = "crictl ps --quiet --name '^etcd$'"
    script = f"{running} | xargs --no-run-if-empty crictl stop --timeout 10"

    assert kind.restart_command("etcd") == [*INSIDE, "sh", "-c", script]


def test_restart_restarts(running: KindCluster, commands: Commands):
    running.restart("kubelet")

    assert commands.ran == ["docker exec sqlflow-control-plane systemctl restart kubelet"]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command for the size of logs, with a kubelet's file and a systemctl of our own."""
    file = tmp_path / "config.yaml"
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/restarts\n', "utf-8")
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(kind, "CONFIGURATION", str(file))

    def run(before: str, size: str) -> tuple[str, bool]:
        file.write_text(before, "utf-8")
        (tmp_path / "restarts").unlink(missing_ok=True)
        inside = kind.log_size_command(size)[3:]
        subprocess.run(inside, check=True)
        return file.read_text("utf-8"), (tmp_path / "restarts").exists()

    return run


def test_another_size_of_logs_is_written_and_the_kubelet_restarted(configure):
    before = "a: 1\ncontainerLogMaxSize: 10Mi\nb: 2\n"

    assert configure(before, "64Ki") == ("a: 1\ncontainerLogMaxSize: 64Ki\nb: 2\n", True)


def test_the_same_size_of_logs_restarts_nothing(configure):
    before = "a: 1\ncontainerLogMaxSize: 10Mi\n"

    assert configure(before, "10Mi") == (before, False)


def test_the_size_of_the_project_s_file_is_the_one_that_can_be_changed():
    text = (Path(__file__).resolve().parents[3] / "kind-config.yaml").read_text("utf-8")

    assert f"\n    containerLogMaxSize: {Settings().container_log_max_size}\n" in text
