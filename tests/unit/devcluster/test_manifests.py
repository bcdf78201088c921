"""The manifests of the add-ons, and the example of a Workflow that leans on them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from devcluster import addons, addresses

MANIFESTS = ("namespaces", "dns", "databases", "argo", "jobs")
NAMES = ("coredns", "workflow-controller", "argoexec", "base", "mariadb", "postgresql")
IMAGES = {name: f"sqlflow.local/{name}:0123456789ab" for name in NAMES}
HELLO = Path(__file__).parents[3] / "examples" / "hello-workflow.yaml"


def documents():
    text = addons.render(MANIFESTS, {**IMAGES, "crds": "12e34"})
    return list(yaml.safe_load_all(text))


def of_kind(kind):
    return [it for it in documents() if it["kind"] == kind]


def named(kind, name):
    return next(it for it in of_kind(kind) if it["metadata"]["name"] == name)


def pods():
    return [
        (it["metadata"]["name"], it["spec"]["template"]["spec"]) for it in of_kind("Deployment")
    ]


def containers():
    return [pytest.param(it, id=name) for name, pod in pods() for it in pod["containers"]]


def test_every_deployment_is_an_add_on_that_is_waited_for():
    deployed = {
        (it["metadata"]["name"], it["metadata"]["namespace"]) for it in of_kind("Deployment")
    }
    assert deployed == {(it.name, it.namespace) for it in addons.ADDONS}


def test_every_service_is_that_of_an_add_on():
    services = {(it["metadata"]["name"], it["metadata"]["namespace"]) for it in of_kind("Service")}
    assert services == {(it.service, it.namespace) for it in addons.ADDONS if it.service}


@pytest.mark.parametrize("service", [it.service for it in addons.ADDONS if it.service])
def test_a_service_selects_its_deployments_pods_and_leads_to_ports_that_they_have(service):
    it = named("Service", service)["spec"]
    deployment = next(a.name for a in addons.ADDONS if a.service == service)
    template = named("Deployment", deployment)["spec"]["template"]
    assert it["selector"].items() <= template["metadata"]["labels"].items()
    ports = {port["name"] for one in template["spec"]["containers"] for port in one["ports"]}
    assert {port["targetPort"] for port in it["ports"]} <= ports


@pytest.mark.parametrize("container", containers())
def test_a_container_has_no_rights_and_a_root_that_it_cannot_write(container):
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("pod", [pytest.param(pod, id=name) for name, pod in pods()])
def test_a_pod_runs_as_a_user_of_its_own_under_the_runtimes_seccomp_profile(pod):
    context = pod["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] > 0
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.mark.parametrize("container", containers())
def test_a_container_has_probes_and_limits(container):
    assert {"readinessProbe", "livenessProbe"} <= container.keys()
    assert {"cpu", "memory"} == container["resources"]["requests"].keys()
    assert {"memory"} == container["resources"]["limits"].keys()


@pytest.mark.parametrize("container", containers())
def test_a_containers_image_is_the_one_that_was_built_and_is_pulled_once(container):
    assert container["image"] == IMAGES[container["name"]]
    assert container["imagePullPolicy"] == "IfNotPresent"


def test_all_add_ons_together_ask_for_little_of_a_machine_with_two_cores():
    requested = [it.values[0]["resources"]["requests"]["cpu"] for it in containers()]
    assert sum(int(it.removesuffix("m")) for it in requested) <= 200


@pytest.mark.parametrize("name", ["argo", "databases", "sqlflow", "sqlflow-jobs"])
def test_pod_security_of_our_namespaces_is_restricted(name):
    labels = named("Namespace", name)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_dns_has_the_address_that_the_kubelet_gives_to_pods():
    assert named("Service", "kube-dns")["spec"]["clusterIP"] == addresses.DNS_SERVICE


def test_the_executor_is_the_one_that_was_built():
    arguments = named("Deployment", "workflow-controller")["spec"]["template"]["spec"]
    assert (
        "--executor-image=sqlflow.local/argoexec:0123456789ab"
        in (arguments["containers"][0]["args"])
    )


def test_a_digest_that_looks_like_a_number_stays_text():
    assert named("ConfigMap", "crds")["data"] == {"digest": "12e34"}


def test_a_manifest_that_names_an_unknown_image_is_not_rendered():
    with pytest.raises(KeyError, match="coredns"):
        addons.render(["dns"], {})


def test_the_example_finds_its_image_and_its_service_account():
    workflow = yaml.safe_load(HELLO.read_text("utf-8"))
    where = workflow["metadata"]["namespace"]
    reference = workflow["spec"]["arguments"]["parameters"][0]["valueFrom"]["configMapKeyRef"]
    images = named("ConfigMap", reference["name"])
    assert images["metadata"]["namespace"] == where
    assert images["data"][reference["key"]] == "sqlflow.local/base:0123456789ab"
    assert images["metadata"]["labels"] == {"workflows.argoproj.io/configmap-type": "Parameter"}
    account = named("ServiceAccount", workflow["spec"]["serviceAccountName"])
    assert account["metadata"]["namespace"] == where
