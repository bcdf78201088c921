"""Reads from the API server's objects whether a Deployment works, and if not, why.

The reason is rarely in the Deployment itself. It is looked for where it is most precise: the
containers of its pods, the newest warning about a pod, the scheduler's verdict, the Deployment's
own conditions, and last the Service in front.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from devcluster.addons.kubectl import Kubectl

Object: TypeAlias = dict[str, Any]
LAST_WORDS: Final = 3  # lines of a container's log that tell why it ended


class Deployed(Protocol):
    """What is expected to be there."""

    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def service(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Health:
    """How a component is, in one sentence."""

    name: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The objects of a cluster that tell how it is."""

    objects: Sequence[Object]

    def of(self, kind: str, *, namespace: str = "", name: str = "") -> list[Object]:
        """Return the objects of a kind, in one namespace and of one name if given."""
        return [
            it
            for it in self.objects
            if it["kind"] == kind
            and namespace in ("", it["metadata"].get("namespace"))
            and name in ("", it["metadata"]["name"])
        ]


def look(kubectl: Kubectl, expected: Iterable[Deployed]) -> list[Health]:
    """Ask the API server how these are.

    Raises:
        ClusterError: it does not answer.
    """
    seen = observe(kubectl)
    return [deployment(seen, it) for it in expected]


def observe(kubectl: Kubectl) -> Seen:
    """Read what there is, from all namespaces.

    Raises:
        ClusterError: the API server does not answer.
    """
    kinds = "nodes,deployments,pods,services,endpointslices"
    objects = kubectl.items(kinds, "--all-namespaces")
    if any(not is_ready(it) for it in objects if it["kind"] == "Pod"):
        objects += kubectl.items("events", "--all-namespaces", "--field-selector=type=Warning")
    return Seen(objects)


def deployment(seen: Seen, expected: Deployed) -> Health:
    """Tell how a Deployment is, and the Service that leads to it."""
    found = seen.of("Deployment", namespace=expected.namespace, name=expected.name)
    if not found:
        message = f"there is no Deployment {expected.namespace}/{expected.name}"
        return Health(expected.name, ok=False, message=message)
    it = found[0]
    wanted = it["spec"].get("replicas", 1)
    ready = it.get("status", {}).get("readyReplicas", 0)
    reason = _reason(seen, it) or _service_reason(seen, expected)
    count = f"{ready} of {wanted} replicas ready"
    return Health(expected.name, ok=not reason, message=f"{count}: {reason}" if reason else count)


def _reason(seen: Seen, it: Object) -> str:
    wanted, status = it["spec"].get("replicas", 1), it.get("status", {})
    if wanted == 0:
        return "it is scaled to none"
    # While the new pods of a change can't start, the old ones stay and are ready.
    if status.get("readyReplicas", 0) >= wanted and not status.get("unavailableReplicas"):
        return ""
    labels = it["spec"]["selector"]["matchLabels"]
    pods = [
        pod
        for pod in seen.of("Pod", namespace=it["metadata"]["namespace"])
        if labels.items() <= pod["metadata"].get("labels", {}).items()
    ]
    reasons = [f"pod {_name(pod)} {pod_reason(seen, pod)}" for pod in pods if not is_ready(pod)]
    return "; ".join(reasons) or _conditions(it) or "it has no pods yet"


def pod_reason(seen: Seen, pod: Object) -> str:
    """Say why a pod is not ready, to follow on its name."""
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"]:
        return "is being deleted"
    containers = status.get("initContainerStatuses", []) + status.get("containerStatuses", [])
    states = [state for it in containers if not it["ready"] and (state := _state(it))]
    told = [f"{state}: {why}" for state, why in states if why]
    # A state such as ContainerCreating tells nothing; the event beside it tells what is in its way.
    reasons = told or [*(state for state, _ in states), *_newest_warning(seen, pod)]
    return "; ".join(reasons) or _unscheduled(pod) or "is not started"


def _state(it: Object) -> tuple[str, str] | None:
    """Return what a container does and why; None for an init container that is done."""
    state = it.get("state", {})
    if waiting := state.get("waiting"):
        ended = it.get("lastState", {}).get("terminated")
        why = ": ".join(filter(None, _ended(ended))) if ended else waiting.get("message", "")
        return f"waits, {waiting.get('reason', '')}", why
    if terminated := state.get("terminated"):
        return _ended(terminated) if terminated["exitCode"] else None
    return "runs, but its readiness probe has not succeeded", ""


def _unscheduled(pod: Object) -> str:
    if pod["spec"].get("nodeName"):
        return ""
    verdicts = [
        it["message"]
        for it in pod.get("status", {}).get("conditions", [])
        if it["type"] == "PodScheduled" and it["status"] == "False"
    ]
    return f"is not scheduled: {''.join(verdicts) or 'is the scheduler well?'}"


def _ended(terminated: Object) -> tuple[str, str]:
    """Return how a container ended, and the last lines of what it said, as one."""
    how = f"ended with status {terminated['exitCode']} ({terminated.get('reason', '')})"
    lines = terminated.get("message", "").strip().splitlines()
    return how, " / ".join(lines[-LAST_WORDS:])


def _newest_warning(seen: Seen, pod: Object) -> list[str]:
    events = [
        it
        for it in seen.of("Event", namespace=pod["metadata"]["namespace"])
        if it["involvedObject"].get("uid") == pod["metadata"]["uid"]
    ]
    events.sort(key=lambda it: it.get("lastTimestamp") or it.get("eventTime") or "")
    return [f"{it['reason']}: {it['message'].strip()}" for it in events[-1:]]


def _conditions(it: Object) -> str:
    return "; ".join(
        f"{condition['reason']}: {condition['message']}"
        for condition in it.get("status", {}).get("conditions", [])
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True"
    )


def _service_reason(seen: Seen, expected: Deployed) -> str:
    if not expected.service:
        return ""
    if not seen.of("Service", namespace=expected.namespace, name=expected.service):
        return f"there is no Service {expected.namespace}/{expected.service}"
    addresses = [
        address
        for piece in seen.of("EndpointSlice", namespace=expected.namespace)
        if piece["metadata"].get("labels", {}).get("kubernetes.io/service-name") == expected.service
        for endpoint in piece.get("endpoints") or ()
        if endpoint["conditions"].get("ready")
        for address in endpoint["addresses"]
    ]
    return "" if addresses else f"Service {expected.service} leads to no ready pod"


def is_ready(pod: Object) -> bool:
    """Whether a pod is as it should be: ready, or at its good end."""
    status = pod.get("status", {})
    return status.get("phase") == "Succeeded" or any(
        it["type"] == "Ready" and it["status"] == "True" for it in status.get("conditions", [])
    )


def _name(it: Object) -> str:
    return str(it["metadata"]["name"])
