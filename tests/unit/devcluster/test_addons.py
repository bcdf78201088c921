"""Bringing the add-ons into a cluster: the order, what only once, and what is said of a failure."""

from __future__ import annotations

import json

import pytest
import yaml

from devcluster import addons
from devcluster.errors import ClusterError

NAMES = ("coredns", "workflow-controller", "argoexec", "base", "mariadb", "postgresql")
IMAGES = {name: f"sqlflow.local/{name}:0123456789ab" for name in NAMES}


class Commands:
    """Stands for a cluster: answers what is asked of it, and notes what is done to it."""

    def __init__(self, *, secret="", crds="", failing=""):
        self.answers = {"secret": secret, "configmap": crds}
        # What `get crd` says, one time after the other.
        self.served = [served("workflows")]
        self.failing = failing
        self.done = []
        self.objects = []

    def run(self, verb, *arguments, stdin="", seconds=0.0):
        if arguments[0] == "crd":
            self.done.append((verb, "crd"))
            return self.served.pop(0)
        if verb == "get":
            return self.answers[arguments[0]]
        if self.failing and self.failing in arguments:
            raise ClusterError(f"{self.failing} failed")
        self.done.append((verb, *arguments, *([stdin] if stdin else [])))
        return ""

    def apply(self, *arguments, stdin=""):
        kinds = [it["kind"] for it in yaml.safe_load_all(stdin)] if stdin else arguments
        self.done.append(("apply", *kinds))

    def items(self, *arguments, seconds=0.0):
        return self.objects if arguments[0].startswith("nodes") else []


def served(*names):
    """Return what kubectl prints of types that the API server serves."""
    conditions = '[{"type":"NamesAccepted","status":"True"},{"type":"Established","status":"True"}]'
    return "".join(f"{name}.argoproj.io {conditions}\n" for name in names)


def commands(**how):
    return Commands(**how)


@pytest.fixture
def crds(tmp_path):
    (tmp_path / "argoproj.io_workflows.yaml").write_text("kind: CustomResourceDefinition\n")
    (tmp_path / "kustomization.yaml").write_text("resources: []\n")
    return tmp_path


def test_namespaces_come_first_and_argo_comes_after_its_crds(crds):
    cluster = commands()
    addons.apply(cluster, IMAGES, crds)
    first = [it[:2] for it in cluster.done]
    assert first == [
        ("apply", "Namespace"),
        ("create", "--filename=-"),
        ("apply", "ServiceAccount"),
        ("apply", f"--filename={crds}/argoproj.io_workflows.yaml"),
        ("get", "crd"),
        ("apply", "PriorityClass"),
    ]


def test_argo_waits_until_all_of_its_types_are_served(crds):
    cluster = commands()
    # A new definition has no conditions at first.
    cluster.served = [served("a") + "b.argoproj.io \nc.argoproj.io null\n", served("a", "b", "c")]
    addons.apply(cluster, IMAGES, crds)
    assert [it[:2] for it in cluster.done][-3:] == [
        ("get", "crd"),
        ("get", "crd"),
        ("apply", "PriorityClass"),
    ]


def test_a_type_that_is_never_served_is_named(crds, monkeypatch):
    monkeypatch.setattr(addons, "SERVED", 0.0)
    cluster = commands()
    cluster.served = [served("a") + served("b").replace("True", "False")] * 2
    with pytest.raises(ClusterError, match=r"not served after 0 s: b\.argoproj\.io"):
        addons.apply(cluster, IMAGES, crds)


def test_dns_is_left_to_a_cluster_that_has_its_own(crds):
    cluster = commands()
    addons.apply(cluster, IMAGES, crds, dns=False)
    assert ("apply", "Service", "Deployment", "Service", "Deployment") in cluster.done


def test_crds_that_the_cluster_has_are_not_applied_again(crds):
    before = commands(secret="secret/database")
    addons.apply(before, IMAGES, crds)
    digest = addons._digest(crds)
    after = commands(secret="secret/database", crds=digest)
    addons.apply(after, IMAGES, crds)
    assert [it[:2] for it in before.done if it not in after.done] == [
        ("apply", f"--filename={crds}/argoproj.io_workflows.yaml"),
        ("get", "crd"),
    ]


def test_a_changed_crd_has_another_digest(crds):
    before = addons._digest(crds)
    (crds / "argoproj.io_workflows.yaml").write_text("kind: CustomResourceDefinition # new\n")
    assert addons._digest(crds) != before


def test_a_password_is_made_for_each_cluster_and_in_no_argument(crds):
    passwords = []
    for cluster in (commands(), commands()):
        addons.apply(cluster, IMAGES, crds)
        *command, secret = next(it for it in cluster.done if it[0] == "create")
        assert command == ["create", "--filename=-"]
        passwords.append(json.loads(secret)["stringData"]["password"])
    assert passwords[0] != passwords[1]
    assert min(map(len, passwords)) >= 32


def test_a_password_that_is_there_is_kept(crds):
    cluster = commands(secret="secret/database")
    addons.apply(cluster, IMAGES, crds)
    assert not [it for it in cluster.done if it[0] == "create"]


def test_waiting_ends_when_all_are_rolled_out():
    cluster = commands()
    addons.wait(cluster)
    assert [it[2] for it in cluster.done] == [
        "deployment/coredns",
        "deployment/workflow-controller",
        "deployment/mariadb",
        "deployment/postgresql",
    ]


def test_waiting_in_vain_names_all_that_is_not_ready():
    cluster = commands(failing="deployment/mariadb")
    with pytest.raises(ClusterError) as caught:
        addons.wait(cluster, seconds=7)
    assert str(caught.value).splitlines()[0] == (
        "not ready after 7 s: coredns, workflow-controller, mariadb, postgresql"
    )
    assert "  mariadb: there is no Deployment databases/mariadb" in str(caught.value).splitlines()
