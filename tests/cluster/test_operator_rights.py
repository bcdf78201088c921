"""An operator whose account lacks a right: it does not start, and says which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.cluster.support.processes import Processes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground

ACCOUNT: Final = "operator"
RESOURCES: Final = "sqlflowjobs.sqlflow.org,workflows.argoproj.io,pods"
ADVICE: Final = "Grant it: the chart gives the operator's account all rights of docs/operator.md"


@pytest.fixture
def login(cluster: Cluster, namespace: Playground, tmp_path: Path) -> Path:
    """A kubeconfig of a service account that may do nothing."""
    where = f"--namespace={namespace.name}"
    cluster.kubectl.run("create", "serviceaccount", ACCOUNT, where)
    token = cluster.kubectl.run("create", "token", ACCOUNT, where).strip()
    config: Any = yaml.safe_load(cluster.flavour.kubeconfig.read_text("utf-8"))
    for user in config["users"]:
        user["user"] = {"token": token}
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.dump(config), encoding="utf-8")
    return file


async def test_without_a_right_to_list_or_watch_it_says_so_and_exits_with_2(
    cluster: Cluster, namespace: Playground, login: Path, tmp_path: Path
) -> None:
    processes = Processes(cluster, namespace.name, tmp_path)
    try:
        listing = processes.start(kubeconfig=login)
        assert await processes.died(listing) == 2
        allow(cluster, namespace, "get,list")
        watching = processes.start(kubeconfig=login)
        assert await processes.died(watching) == 2
    finally:
        processes.end()

    first, second = processes.logs().split("\n\n")
    begin = "sqlflow-operator: can't start: "
    assert first.startswith(
        f"{begin}list sqlflowjobs of {namespace.name}: sqlflowjobs.sqlflow.org is forbidden"
    )
    assert first.endswith(f". {ADVICE}")
    assert second == f"{begin}may not watch sqlflowjobs of namespace {namespace.name}. {ADVICE}\n"


def allow(cluster: Cluster, namespace: Playground, verbs: str) -> None:
    where = f"--namespace={namespace.name}"
    rules = (f"--verb={verbs}", f"--resource={RESOURCES}")
    cluster.kubectl.run("create", "role", ACCOUNT, where, *rules)
    who = (f"--role={ACCOUNT}", f"--serviceaccount={namespace.name}:{ACCOUNT}")
    cluster.kubectl.run("create", "rolebinding", ACCOUNT, where, *who)
