"""The chart: what Helm and the API server accept of it, and the rights that it gives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from pkg_argo import sample
from pkg_argo.templates import Templates
from pkg_argo.workflows import WorkflowSettings
from tests.cluster.support.helm import HelmError, apply_type
from tests.cluster.support.polling import eventually
from tests.cluster.support.rights import Account, Rights, allowed, rights
from tests.golden import documented

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster, Namespaces
    from tests.cluster.support.helm import Helm

VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "defaults": {},
    "the whole cluster": {"watchAllNamespaces": True},
    "several namespaces": {"jobNamespaces": ["sqlflow-jobs", "default"]},
    "accounts that are there": {
        "operator": {"serviceAccount": {"create": False, "name": "mine"}},
        "steps": {"serviceAccount": {"create": False}},
        "crds": {"enabled": False},
    },
    "all that can be said": {
        "imagePullSecrets": [{"name": "registry"}],
        "commonLabels": {"team": "data"},
        "operator": {
            "image": {"digest": f"sha256:{'0' * 64}"},
            "podAnnotations": {"note": "true"},
            "podLabels": {"cost": "low"},
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "spot", "operator": "Exists"}],
            "affinity": {"nodeAffinity": {}},
            "priorityClassName": "system-cluster-critical",
            "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "networkPolicy": {
                "enabled": True,
                "metricsFrom": [{"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}],
                "apiServerPorts": [443],
            },
        },
        "steps": {"imagePullSecrets": [{"name": "registry"}]},
        "argo": {"workflowUrl": "https://argo.example.org/workflows/{namespace}/{name}"},
        "templates": {"step.yaml.j2": "container:\n  image: {{ image | tojson }}\n"},
    },
}
REFUSED: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "a name that there is not": (
        {"crd": {"enabled": True}},
        "additional properties 'crd' not allowed",
    ),
    "a name within another": (
        {"operator": {"replicas": 2}},
        "additional properties 'replicas' not allowed",
    ),
    "a text for a boolean": (
        {"crds": {"enabled": "yes"}},
        "at '/crds/enabled': got string, want boolean",
    ),
    "one name for a list of them": (
        {"jobNamespaces": "default"},
        "at '/jobNamespaces': got string, want array",
    ),
    "no name of a namespace": (
        {"jobNamespaces": ["team_a"]},
        "at '/jobNamespaces/0': 'team_a' does not match pattern",
    ),
    "a number that is too large": (
        {"operator": {"settings": {"workers": 100}}},
        "at '/operator/settings/workers': maximum: got 100, want 64",
    ),
}
JOBS: Final = "sqlflowjobs.sqlflow.org"
PROMETHEUS: Final = "monitoring.coreos.com/v1/PodMonitor"
# Its pod is not to run: here, nobody is to act on the release's rights.
NOT_TO_RUN: Final = {"operator": {"nodeSelector": {"sqlflow.org/no-such": "node"}}}
OPERATOR: Final[Rights] = {
    JOBS: {"get", "list", "watch", "delete"},
    "sqlflowjobs/status.sqlflow.org": {"patch"},
    "workflows.argoproj.io": {"get", "list", "watch", "create", "patch"},
    "pods": {"list", "watch", "delete"},
    "configmaps": {"get", "create"},
    "events": {"list", "create"},
    "leases.coordination.k8s.io": {"get"},
}
SEEING: Final = {"get", "list", "watch"}
CHANGING: Final = {"create", "update", "patch", "delete", "deletecollection"}
STEP: Final[Rights] = {"workflowtaskresults.argoproj.io": {"create", "patch"}}


@dataclass(frozen=True, slots=True)
class Installed:
    """A release of which only the rights are looked at.

    Attributes:
        namespace: the operator's.
        jobs: the one that is named for jobs.
        elsewhere: one that the release knows nothing of.
        everywhere: whether the operator serves the whole cluster.
    """

    namespace: str
    jobs: str
    elsewhere: str
    everywhere: bool

    @property
    def operator(self) -> Account:
        return Account(self.namespace, "chart-test-operator")

    @property
    def step(self) -> Account:
        return Account(self.jobs, "steps")

    @property
    def others(self) -> tuple[str, ...]:
        return (self.namespace, self.elsewhere, "kube-system")


@pytest.fixture(params=["Roles", "ClusterRole"], scope="module")
def installed(
    request: pytest.FixtureRequest, helm: Helm, all_namespaces: Namespaces
) -> Iterator[Installed]:
    release, jobs, elsewhere = (all_namespaces.make() for _ in range(3))
    made = Installed(release, jobs, elsewhere, everywhere=request.param == "ClusterRole")
    values = {
        "fullnameOverride": "chart-test",
        "crds": {"enabled": False},
        "jobNamespaces": [made.jobs],
        "watchAllNamespaces": made.everywhere,
        **NOT_TO_RUN,
        "steps": {"serviceAccount": {"name": made.step.name}},
    }
    helm.upgrade(release, values, wait=False)
    yield made
    helm.uninstall(release)


@pytest.mark.parametrize("variant", VARIANTS)
def test_helm_finds_nothing_to_say_against_it(helm: Helm, variant: str) -> None:
    assert "0 chart(s) failed" in helm.lint(VARIANTS[variant])


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_api_server_accepts_it(cluster: Cluster, helm: Helm, variant: str) -> None:
    objects = helm.template("sqlflow", VARIANTS[variant])

    taken = cluster.kubectl.run(
        *("apply", "--server-side", "--dry-run=server", "--validate=strict"),
        *("--force-conflicts", "--filename=-", "--output=name"),
        stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}),
    )

    assert len(taken.splitlines()) == len(objects)


@pytest.mark.parametrize("case", REFUSED)
def test_values_are_refused_that(helm: Helm, case: str) -> None:
    values, message = REFUSED[case]

    with pytest.raises(HelmError, match="values don't meet the specifications") as refused:
        helm.template("sqlflow", values)

    assert message in str(refused.value)


@pytest.mark.parametrize(("keep", "policy"), [(True, "keep"), (False, None)])
def test_jobs_outlive_the_release_unless_asked(helm: Helm, keep: bool, policy: str | None) -> None:
    objects = helm.template("sqlflow", {"crds": {"keep": keep}})

    crd = next(it for it in objects if it["kind"] == "CustomResourceDefinition")
    assert crd["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == policy


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"nodeSelector": {"disk": "ssd"}}, {"nodeSelector": {"disk": "ssd"}}),
        ({"tolerations": [{"key": "spot"}]}, {"tolerations": [{"key": "spot"}]}),
        ({"affinity": {"podAffinity": {}}}, {"affinity": {"podAffinity": {}}}),
        ({"priorityClassName": "high"}, {"priorityClassName": "high"}),
        ({"terminationGracePeriodSeconds": 5}, {"terminationGracePeriodSeconds": 5}),
    ],
)
def test_the_operators_pod_is_where_and_as_it_is_asked_for(
    helm: Helm, value: dict[str, Any], expected: dict[str, Any]
) -> None:
    spec = pod_template(helm.template("sqlflow", {"operator": value}))["spec"]

    assert expected.items() <= spec.items()


def test_the_operators_pod_has_the_labels_and_annotations_that_are_asked_for(helm: Helm) -> None:
    asked = {"podLabels": {"cost": "low"}, "podAnnotations": {"note": "yes"}}

    metadata = pod_template(helm.template("sqlflow", {"operator": asked}))["metadata"]

    assert metadata["labels"]["cost"] == "low"
    assert metadata["annotations"]["note"] == "yes"


def test_images_are_pulled_with_the_secrets_of_each_namespace(helm: Helm) -> None:
    values = {
        "imagePullSecrets": [{"name": "of-the-operator"}],
        "steps": {"imagePullSecrets": [{"name": "of-jobs"}]},
    }

    objects = helm.template("sqlflow", values)

    assert pod_template(objects)["spec"]["imagePullSecrets"] == [{"name": "of-the-operator"}]
    assert named(objects, "ServiceAccount", "sqlflow-step")["imagePullSecrets"] == [
        {"name": "of-jobs"}
    ]


@pytest.mark.parametrize(("types", "made"), [("", []), (PROMETHEUS, ["PodMonitor"])])
def test_a_pod_monitor_is_made_where_there_is_such_a_type(
    helm: Helm, types: str, made: list[str]
) -> None:
    values = {"operator": {"podMonitor": {"enabled": True}}}

    objects = helm.template("sqlflow", values, types=types)

    assert [it["kind"] for it in objects if it["kind"] == "PodMonitor"] == made


def test_a_pod_monitor_finds_the_operators_pod_and_its_port(helm: Helm) -> None:
    values = {"operator": {"podMonitor": {"enabled": True, "labels": {"release": "it"}}}}

    objects = helm.template("sqlflow", values, types=PROMETHEUS)

    monitor, pod = named(objects, "PodMonitor", "sqlflow-operator"), pod_template(objects)
    assert monitor["metadata"]["labels"]["release"] == "it"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    [container] = pod["spec"]["containers"]
    assert endpoint["port"] in {it["name"] for it in container["ports"]}


def test_neither_a_pod_monitor_nor_a_network_policy_is_made_unasked(helm: Helm) -> None:
    kinds = {it["kind"] for it in helm.template("sqlflow", {}, types=PROMETHEUS)}

    assert kinds & {"PodMonitor", "NetworkPolicy"} == set()


def test_a_network_policy_lets_the_named_read_metrics_and_the_operator_reach_its_server(
    helm: Helm,
) -> None:
    team = {"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}
    policy = {"enabled": True, "metricsFrom": [team], "apiServerPorts": [16443]}

    objects = helm.template("sqlflow", {"operator": {"networkPolicy": policy}})

    made, pod = named(objects, "NetworkPolicy", "sqlflow-operator"), pod_template(objects)
    spec = made["spec"]
    assert spec["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert spec["ingress"] == [{"ports": [{"port": "metrics"}], "from": [team]}]
    assert [port["port"] for it in spec["egress"] for port in it["ports"]] == [16443, 53, 53]


def test_beside_a_type_that_is_there_it_installs_leaves_it_and_says_so(
    cluster: Cluster, helm: Helm, namespaces: Namespaces
) -> None:
    def versions() -> str:
        crd = ("get", "crd", "sqlflowjobs.sqlflow.org", "--output=jsonpath={.metadata}")
        return cluster.kubectl.run(*crd)

    apply_type(cluster.kubectl)
    before, namespace = versions(), namespaces.make_bare()

    helm.upgrade(namespace, {**NOT_TO_RUN, "fullnameOverride": "beside"}, wait=False)

    assert versions() == before
    assert "The type SQLFlowJob was there already" in helm.notes(namespace)
    helm.uninstall(namespace)


def test_argo_takes_what_the_document_shows_to_administrators(
    cluster: Cluster, helm: Helm, tmp_path: Path
) -> None:
    objects = helm.template("sqlflow", {"templates": documented.templates()})
    for file, text in named(objects, "ConfigMap", "sqlflow-operator-templates")["data"].items():
        (tmp_path / file).write_text(text)
    settings = WorkflowSettings(image="step:1", templates=Templates(tmp_path))

    taken = cluster.kubectl.run(
        *("create", "--dry-run=server", "--validate=strict", "--filename=-", "--output=name"),
        stdin=json.dumps(sample.workflow(settings)),
    )

    assert taken.startswith("workflow.argoproj.io/sample-")


def test_another_template_is_another_pod(helm: Helm) -> None:
    one, same, other = (
        pod_template(helm.template("sqlflow", {"templates": {"step.yaml.j2": text}}))
        for text in ("container: {}", "container: {}", "container: {tty: false}")
    )

    assert one == same
    assert one != other


def test_a_large_number_stays_what_it_is(helm: Helm) -> None:
    objects = helm.template("sqlflow", {"operator": {"settings": {"activeDeadline": 31536000}}})

    [container] = pod_template(objects)["spec"]["containers"]
    environment = {it["name"]: it["value"] for it in container["env"]}
    assert environment["SQLFLOW_OPERATOR_ACTIVE_DEADLINE"] == "31536000"


def test_the_operator_may_do_what_it_does_where_jobs_are(
    cluster: Cluster, installed: Installed
) -> None:
    found = rights(cluster.kubectl, installed.operator, namespace=installed.jobs)

    assert found == OPERATOR


def test_elsewhere_the_operator_may_do_nothing_unless_it_serves_the_whole_cluster(
    cluster: Cluster, installed: Installed
) -> None:
    expected = OPERATOR if installed.everywhere else {}

    found = [rights(cluster.kubectl, installed.operator, namespace=it) for it in installed.others]

    assert found == [expected] * 3


def test_a_step_may_report_its_outcome_and_nothing_else(
    cluster: Cluster, installed: Installed
) -> None:
    found = [
        rights(cluster.kubectl, installed.step, namespace=it)
        for it in (installed.jobs, *installed.others)
    ]

    assert found == [STEP, {}, {}, {}]


@pytest.mark.parametrize("who", ["operator", "step"])
def test_nobody_may_touch_a_secret(cluster: Cluster, installed: Installed, who: str) -> None:
    account = installed.operator if who == "operator" else installed.step

    for namespace in ("", installed.jobs, *installed.others):
        assert allowed(cluster.kubectl, account, resource="secrets", namespace=namespace) == []


@pytest.mark.parametrize(
    ("role", "verbs"),
    [("view", SEEING), ("edit", SEEING | CHANGING), ("admin", SEEING | CHANGING)],
)
async def test_a_user_of_a_namespace_may_do_with_jobs_what_kubernetes_own_role_says(
    cluster: Cluster, installed: Installed, role: str, verbs: set[str]
) -> None:
    user = Account(installed.jobs, f"user-{role}")
    who = f"--serviceaccount={user.namespace}:{user.name}"
    binding = ("rolebinding", user.name, f"--clusterrole={role}", f"--namespace={user.namespace}")
    cluster.kubectl.run("create", *binding, who)

    async def found() -> Rights:
        return rights(cluster.kubectl, user, namespace=installed.jobs)

    # A controller puts the roles together.
    await eventually(found, lambda it: it.get(JOBS) == verbs, what=f"{role} holds for jobs")


def named(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """Return one of the objects."""
    [found] = [it for it in objects if it["kind"] == kind and it["metadata"]["name"] == name]
    return found


def pod_template(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the operator's pod is made of."""
    deployment = next(it for it in objects if it["kind"] == "Deployment")
    template: dict[str, Any] = deployment["spec"]["template"]
    return template
