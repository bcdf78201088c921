"""What the commands print, and how they exit."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from devcluster import cli, flavours
from devcluster.addons.health import Health
from devcluster.addons.kubectl import Kubectl
from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.testing import Result

    from devcluster.flavours import Flavour
    from devcluster.node.components import Settings

KUBECONFIG = Path("/state/kubeconfig")
WELL = [Health("etcd", ok=True, message="healthy"), Health("kubelet", ok=True, message="healthy")]
ILL = [WELL[0], Health("coredns", ok=False, message="0 of 1 replicas ready: pod coredns-x waits")]


@dataclass
class Fake:
    """A cluster that notes down what it is told to do."""

    running: bool = True
    health: list[Health] = field(default_factory=lambda: WELL)
    error: BaseException | None = None
    told: list[object] = field(default_factory=list)
    kubeconfig: Path = KUBECONFIG
    components: tuple[str, ...] = ("etcd", "kubelet")

    def up(self, settings: Settings) -> None:
        self._note("up", settings.container_log_max_size)

    def down(self) -> None:
        self._note("down")

    def status(self) -> list[Health]:
        self._note("status")
        return self.health

    def load(self, names: Sequence[str]) -> dict[str, str]:
        self._note("load", *names)
        return {name: f"sqlflow.local/{name}:tag" for name in names}

    def log_command(self, component: str, *, follow: bool) -> list[str]:
        self._note("log", component, follow)
        return [sys.executable, "-c", "raise SystemExit(7)"]

    def restart(self, component: str) -> None:
        self._note("restart", component)

    def _note(self, *what: object) -> None:
        self.told.append(what)
        if self.error:
            raise self.error


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    cluster: Flavour = fake
    monkeypatch.setattr(flavours, "open_cluster", lambda _places: cluster)
    return fake


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments)


def test_up_prints_the_kubeconfig_and_nothing_else(fake: Fake):
    result = run("up")

    assert (result.exit_code, result.stdout) == (0, "/state/kubeconfig\n")
    assert fake.told == [("up", "10Mi")]


def test_up_takes_the_size_at_which_logs_are_rotated(fake: Fake):
    run("up", "--container-log-max-size", "64Ki")

    assert fake.told == [("up", "64Ki")]


@pytest.mark.parametrize("size", ["10MB", "0", "-1Mi", "", "1Mi'; reboot"])
def test_what_is_no_size_is_a_wrong_use(fake: Fake, size: str):
    result = run("up", "--container-log-max-size", size)

    assert result.exit_code == 2
    assert "expected one such as 10Mi or 64Ki" in result.stderr
    assert fake.told == []


def test_an_error_is_one_message_and_exit_code_1(fake: Fake):
    fake.error = ClusterError("port 16443 of 127.0.0.1 is taken", hint="name a free one")

    result = run("up")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == ("cluster: error: port 16443 of 127.0.0.1 is taken; name a free one\n")


def test_an_error_of_the_environment_is_told_alike(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SQLFLOW_DEVCLUSTER_API_PORT", "no")

    result = run("status")

    assert result.exit_code == 1
    assert result.stderr == (
        "cluster: error: SQLFLOW_DEVCLUSTER_API_PORT is 'no'; expected a port, 1 to 65535\n"
    )


def test_ctrl_c_is_a_sentence_and_exit_code_130(fake: Fake):
    fake.error = KeyboardInterrupt()

    result = run("up")

    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == (
        "cluster: interrupted; 'up' goes on where it was, 'down' removes what there is\n"
    )


def test_down_takes_the_cluster_down(fake: Fake):
    result = run("down")

    assert (result.exit_code, result.stdout) == (0, "")
    assert fake.told == [("down",)]


def test_status_is_a_table_and_0_where_all_is_healthy(fake: Fake):
    result = run("status")

    assert (result.exit_code, result.stdout) == (
        0,
        "etcd     ok  healthy\nkubelet  ok  healthy\n",
    )


def test_status_is_1_where_something_is_not_healthy(fake: Fake):
    fake.health = ILL

    result = run("status")

    assert (result.exit_code, result.stdout) == (
        1,
        "etcd     ok  healthy\ncoredns  NO  0 of 1 replicas ready: pod coredns-x waits\n",
    )


@pytest.mark.parametrize(("health", "code"), [(WELL, 0), (ILL, 1)])
def test_a_quiet_status_only_has_an_exit_code(fake: Fake, health: list[Health], code: int):
    fake.health = health

    result = run("status", "--quiet")

    assert (result.exit_code, result.output) == (code, "")


def test_status_is_3_where_there_is_no_cluster(fake: Fake):
    fake.running = False

    result = run("status")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "cluster: there is no cluster; start one with 'make cluster'\n"
    assert fake.told == []


def test_load_prints_a_reference_for_each_image_in_their_order(fake: Fake):
    result = run("load", "step", "control")

    assert result.exit_code == 0
    assert result.stdout == "sqlflow.local/step:tag\nsqlflow.local/control:tag\n"


def test_load_of_nothing_is_a_wrong_use(fake: Fake):
    assert run("load").exit_code == 2


@pytest.mark.parametrize(("options", "follow"), [([], False), (["--follow"], True)])
def test_logs_runs_the_command_for_them_and_exits_as_it_does(
    fake: Fake, options: list[str], follow: bool
):
    result = run("logs", "kubelet", *options)

    assert result.exit_code == 7
    assert fake.told == [("log", "kubelet", follow)]


def test_restart_restarts_a_component(fake: Fake):
    result = run("restart", "kubelet")

    assert (result.exit_code, result.stdout) == (0, "")
    assert fake.told == [("restart", "kubelet")]


@pytest.mark.parametrize(("options", "expected"), [([], ""), (["--follow"], " --follow")])
def test_the_log_of_a_pod_comes_from_the_api_server(
    fake: Fake,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    options: list[str],
    expected: str,
):
    monkeypatch.setattr(flavours, "kubectl", lambda _places: Path("/bin/echo"))

    assert run("logs", "coredns", *options).exit_code == 0
    assert capfd.readouterr().out == (
        "--kubeconfig=/state/kubeconfig logs --namespace=kube-system deployment/coredns"
        f"{expected}\n"
    )


def test_a_pod_is_restarted_through_the_api_server(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    ran = []
    monkeypatch.setattr(flavours, "kubectl", lambda _places: Path("/bin/false"))
    monkeypatch.setattr(Kubectl, "run", lambda _, *arguments, **_options: ran.append(arguments))

    assert run("restart", "mariadb").exit_code == 0
    assert ran == [
        ("rollout", "restart", "--namespace=databases", "deployment/mariadb"),
        ("rollout", "status", "--timeout=120s", "--namespace=databases", "deployment/mariadb"),
    ]


@pytest.mark.parametrize("command", ["logs", "restart"])
def test_an_unknown_component_is_refused_with_the_names_there_are(fake: Fake, command: str):
    result = run(command, "kublet")

    assert result.exit_code == 1
    assert result.stderr == (
        "cluster: error: there is no component 'kublet'; there are: etcd, kubelet, coredns,"
        " workflow-controller, mariadb, postgresql\n"
    )
    assert fake.told == []


def test_kubeconfig_prints_its_path(fake: Fake):
    result = run("kubeconfig")

    assert (result.exit_code, result.stdout) == (0, "/state/kubeconfig\n")


def test_there_is_no_kubeconfig_without_a_cluster(fake: Fake):
    fake.running = False

    result = run("kubeconfig")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "cluster: error: there is no cluster; start one with 'make cluster'\n"


def test_kubectl_gets_the_login_and_whatever_follows(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(flavours, "kubectl", lambda _places: Path("/bin/echo"))

    result = run("kubectl", "get", "pods", "--all-namespaces", "-o", "name", "--help")

    assert result.exit_code == 0
    assert capfd.readouterr().out == (
        "--kubeconfig=/state/kubeconfig get pods --all-namespaces -o name --help\n"
    )


def test_kubectl_gets_the_two_dashes_that_are_meant_for_it(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(flavours, "kubectl", lambda _places: Path("/bin/echo"))

    run("kubectl", "-n", "jobs", "exec", "pod", "--", "ls", "-l")

    assert capfd.readouterr().out.endswith(" -n jobs exec pod -- ls -l\n")


def test_kubectl_s_exit_code_is_the_command_s(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(flavours, "kubectl", lambda _places: Path("/bin/false"))

    assert run("kubectl", "get", "pods").exit_code == 1


def test_helm_gets_the_login_and_whatever_follows(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(flavours, "helm", lambda _places: Path("/bin/echo"))

    result = run("helm", "list", "--all-namespaces", "--help")

    assert result.exit_code == 0
    assert capfd.readouterr().out == (
        "--kubeconfig=/state/kubeconfig list --all-namespaces --help\n"
    )


def test_flavour_prints_what_this_machine_gets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SQLFLOW_DEVCLUSTER_FLAVOUR", "kind")

    result = run("flavour")

    assert (result.exit_code, result.stdout) == (0, "kind\n")
