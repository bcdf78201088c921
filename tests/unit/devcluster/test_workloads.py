"""Why a Deployment does not work, as the API server's objects tell it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from devcluster.addons.workloads import Health, Seen, deployment, observe

NAME = "coredns"
SPACE = "kube-system"


@dataclass(frozen=True)
class Expected:
    name: str = NAME
    namespace: str = SPACE
    service: str = ""


def deployed(*, ready=0, replicas=1, conditions=()):
    return {
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": SPACE},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "dns"}}},
        "status": {"readyReplicas": ready, "conditions": list(conditions)},
    }


def pod(name="coredns-1", *, state=None, last=None, node="devcluster", labels=None, **rest):
    container = {"ready": False, "state": state or {}, "lastState": last or {}}
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": SPACE,
            "uid": f"uid-{name}",
            "labels": labels or {"app": "dns", "pod-template-hash": "x"},
        },
        "spec": {"nodeName": node} if node else {},
        "status": {"phase": "Pending", "containerStatuses": [container] if state else [], **rest},
    }


def event(reason, message, *, about="uid-coredns-1", at="2026-01-01T00:00:00Z"):
    return {
        "kind": "Event",
        "metadata": {"namespace": SPACE, "name": reason},
        "involvedObject": {"uid": about},
        "reason": reason,
        "message": message,
        "lastTimestamp": at,
    }


def waiting(reason, message=""):
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def ended(code, reason="Error", message=""):
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


def message(*objects, expected=None):
    return deployment(Seen(objects), expected or Expected()).message


def test_a_deployment_with_all_replicas_ready_is_well():
    assert deployment(Seen([deployed(ready=2, replicas=2)]), Expected()) == Health(
        NAME, ok=True, message="2 of 2 replicas ready"
    )


def test_a_deployment_that_was_deleted_is_missed():
    other = {**deployed(ready=1), "metadata": {"name": NAME, "namespace": "elsewhere"}}
    assert deployment(Seen([other]), Expected()) == Health(
        NAME, ok=False, message="there is no Deployment kube-system/coredns"
    )


def test_a_deployment_that_was_scaled_to_none_is_not_well():
    assert deployment(Seen([deployed(replicas=0)]), Expected()) == Health(
        NAME, ok=False, message="0 of 0 replicas ready: it is scaled to none"
    )


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        pytest.param([], "it has no pods yet", id="no pods"),
        pytest.param(
            [pod(labels={"app": "another"}, state=waiting("ImagePullBackOff"))],
            "it has no pods yet",
            id="only a stranger's pod",
        ),
        pytest.param(
            [
                pod(state=waiting("ErrImagePull", "not found")),
                event("Failed", "Error: ErrImagePull"),
            ],
            "pod coredns-1 waits, ErrImagePull: not found",
            id="no image",
        ),
        pytest.param(
            [
                pod(
                    state=waiting("CrashLoopBackOff", "back-off 10s"),
                    last=ended(1, message="1\n2\n3\nbad\n"),
                )
            ],
            "pod coredns-1 waits, CrashLoopBackOff: ended with status 1 (Error): 2 / 3 / bad",
            id="it crashes, and its last words are told",
        ),
        pytest.param(
            [pod(state=waiting("CrashLoopBackOff", "back-off 10s"), last=ended(2))],
            "pod coredns-1 waits, CrashLoopBackOff: ended with status 2 (Error)",
            id="it crashes without a word",
        ),
        pytest.param(
            [pod(state=ended(137, "OOMKilled"))],
            "pod coredns-1 ended with status 137 (OOMKilled)",
            id="killed for its memory",
        ),
        pytest.param(
            [pod(state=waiting("ContainerCreating")), event("FailedMount", 'secret "x" not found')],
            'pod coredns-1 waits, ContainerCreating; FailedMount: secret "x" not found',
            id="a missing Secret is only in an event",
        ),
        pytest.param(
            [pod(state=waiting("ContainerCreating"))],
            "pod coredns-1 waits, ContainerCreating",
            id="it is just being started",
        ),
        pytest.param(
            [pod(state={"running": {}}), event("Unhealthy", "Readiness probe failed: 503")],
            "pod coredns-1 runs, but its readiness probe has not succeeded; "
            "Unhealthy: Readiness probe failed: 503",
            id="its probe fails",
        ),
        pytest.param(
            [
                pod(state={"running": {}}),
                event("Unhealthy", "new", at="2026-01-01T00:00:02Z"),
                event("FailedMount", "old", at="2026-01-01T00:00:01Z"),
                event("Failed", "another pod's", about="uid-other", at="2026-01-01T00:00:03Z"),
            ],
            "pod coredns-1 runs, but its readiness probe has not succeeded; Unhealthy: new",
            id="only the newest warning about this pod",
        ),
        pytest.param(
            [
                pod(
                    node="",
                    conditions=[
                        {"type": "Ready", "status": "False", "message": "not this"},
                        {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: cpu"},
                    ],
                )
            ],
            "pod coredns-1 is not scheduled: 0/1 nodes: cpu",
            id="no room",
        ),
        pytest.param(
            [pod(node="")],
            "pod coredns-1 is not scheduled: is the scheduler well?",
            id="nobody schedules",
        ),
        pytest.param([pod()], "pod coredns-1 is not started", id="the kubelet does nothing"),
        pytest.param(
            [
                pod(state=waiting("PodInitializing")),
                pod("coredns-2", state={"running": {}}),
            ],
            "pod coredns-1 waits, PodInitializing; "
            "pod coredns-2 runs, but its readiness probe has not succeeded",
            id="each pod that is not ready",
        ),
    ],
)
def test_the_reason_is_told(objects, reason):
    assert message(deployed(), *objects) == f"0 of 1 replicas ready: {reason}"


def test_a_change_that_cannot_start_is_told_though_the_old_pod_is_ready():
    old, new = pod("coredns-0"), pod(state=waiting("ErrImagePull", "not found"))
    old["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    changed = deployed(ready=1)
    changed["status"]["unavailableReplicas"] = 1
    assert deployment(Seen([changed, old, new]), Expected()) == Health(
        NAME,
        ok=False,
        message="1 of 1 replicas ready: pod coredns-1 waits, ErrImagePull: not found",
    )


def test_a_pod_that_the_server_refuses_is_told():
    refused = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": 'pods "coredns-" is forbidden: violates PodSecurity',
    }
    assert message(deployed(conditions=[refused])) == (
        '0 of 1 replicas ready: FailedCreate: pods "coredns-" is forbidden: violates PodSecurity'
    )


def test_a_pod_that_is_ending_is_told():
    ending = pod(state={"running": {}})
    ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert message(deployed(), ending) == ("0 of 1 replicas ready: pod coredns-1 is being deleted")


def test_an_init_container_that_is_done_is_no_reason():
    it = pod(state=waiting("CreateContainerConfigError"))
    it["status"]["initContainerStatuses"] = [{"ready": False, "state": ended(0, "Completed")}]
    assert message(deployed(), it) == (
        "0 of 1 replicas ready: pod coredns-1 waits, CreateContainerConfigError"
    )


SERVICE = {"kind": "Service", "metadata": {"name": "kube-dns", "namespace": SPACE}}


def endpoints(*conditions, of="kube-dns"):
    return {
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kube-dns-1",
            "namespace": SPACE,
            "labels": {"kubernetes.io/service-name": of},
        },
        "endpoints": [{"addresses": ["10.88.0.2"], "conditions": it} for it in conditions] or None,
    }


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        pytest.param([SERVICE, endpoints({"ready": True})], "", id="well"),
        pytest.param([], ": there is no Service kube-system/kube-dns", id="no Service"),
        pytest.param(
            [SERVICE, endpoints()],
            ": Service kube-dns leads to no ready pod",
            id="it selects nothing",
        ),
        pytest.param(
            [SERVICE, endpoints({"ready": False})],
            ": Service kube-dns leads to no ready pod",
            id="it selects what is not ready",
        ),
        pytest.param(
            [SERVICE, endpoints({"ready": True}, of="another")],
            ": Service kube-dns leads to no ready pod",
            id="another's endpoints",
        ),
    ],
)
def test_the_service_in_front_must_lead_to_the_pods(objects, reason):
    found = deployment(Seen([deployed(ready=1), *objects]), Expected(service="kube-dns"))
    assert found == Health(NAME, ok=not reason, message=f"1 of 1 replicas ready{reason}")


class Cluster:
    def __init__(self, *objects):
        self.objects = list(objects)
        self.asked = []

    def items(self, *arguments, seconds=0.0):
        self.asked.append(arguments[0])
        return [event("Failed", "x")] if arguments[0] == "events" else list(self.objects)


def cluster(*objects):
    return Cluster(*objects)


def test_events_are_read_only_if_a_pod_is_not_as_it_should_be():
    done = pod()
    done["status"]["phase"] = "Succeeded"
    well, ill = cluster(deployed(ready=1), done), cluster(deployed(), pod())
    assert [len(observe(it).of("Event")) for it in (well, ill)] == [0, 1]
    assert well.asked == ["nodes,deployments,pods,services,endpointslices"]
