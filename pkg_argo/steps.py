"""How one step is doing, from what Argo's node and the step's pod say. Pure.

The node decides on the phase, since only Argo knows whether there will be another attempt. The pod
knows times and causes better, as long as it is there: what is read from it is kept when it is gone.

A step is never called ended while its program may still run: Argo calls a step Failed as soon as
it is shut down, and a program that ignores SIGTERM goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pkg_argo import pods as pods_
from pkg_argo import reasons
from pkg_argo.nodes import Node
from pkg_argo.reasons import NOTHING, Finding
from pkg_argo.times import parsed
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pkg_argo.job import StepStatus
    from pkg_argo.pods import Object
    from pkg_argo.seen import Seen

_PHASES: Final = {
    "Pending": Phase.PENDING,
    "Running": Phase.RUNNING,
    "Succeeded": Phase.SUCCEEDED,
    "Failed": Phase.FAILED,
    "Error": Phase.FAILED,
    "Skipped": Phase.SKIPPED,
    "Omitted": Phase.SKIPPED,
}
_FROM_OUTSIDE: Final = frozenset({reasons.CANCELLED, reasons.TERMINATED, reasons.POD_DELETED})
"""What is said of a step that did not end by itself. Why, somebody else has to know."""
_TAKEN: Final = frozenset({reasons.EVICTED, reasons.POD_DELETED})
"""What a step failed of though its job was shut down: that was done because of it, or later."""
_ONLY_IN_EVENTS: Final = frozenset({"SecretNotFound", "ConfigMapNotFound"})
_RANK: Final = {Phase.PENDING: 0, Phase.RUNNING: 1}


def observe(old: StepStatus, node: Node | None, seen: Seen, stop: Finding | None) -> StepStatus:
    """Return the step as it is seen now, never behind what was known of it.

    Args:
        old: what was known.
        node: Argo's; None if the step's turn has not come, or the nodes can't be read.
        seen: of the job.
        stop: why the Workflow was shut down; None if it was not.
    """
    if old.phase.final:
        return old
    pod = _pod(node, seen.pods_of(old.id))
    node = node or _node_of(pod, over=seen.over)
    if node is None:
        return old
    phase, finding = _judge(old, node, pod, seen, stop)
    if _rank(phase) < _rank(old.phase):
        phase = old.phase
    return old.model_copy(update=_fields(old, phase, finding, node, pod))


def closed(step: StepStatus, phase: Phase, ending: Finding) -> StepStatus:
    """Return the step as the end of its job leaves it, in that phase and for that reason.

    A step that was not seen to end ended with the job: its node and its pod are gone.
    """
    if step.phase.final:
        return step
    if phase is Phase.SUCCEEDED:
        return step.model_copy(update={"phase": phase, "reason": "", "message": ""})
    if step.phase is Phase.PENDING:
        skipped = {"phase": Phase.SKIPPED, "reason": ending.reason, "message": ""}
        return step.model_copy(update=skipped)
    message = reasons.cut(ending.message)
    return step.model_copy(update={"phase": phase, "reason": ending.reason, "message": message})


def _rank(phase: Phase) -> int:
    return _RANK.get(phase, 2)


def _pod(node: Node | None, pods: Sequence[Object]) -> Object | None:
    """Return the pod of the last attempt; without a node, the newest."""
    if node is None:
        return pods_.newest(pods)
    return pods_.newest(pod for pod in pods if pods_.node_id(pod) == node.pod)


def _node_of(pod: Object | None, *, over: bool) -> Node | None:
    """Return what stands in for the node where Argo's can't be read.

    A pod that failed says nothing of its step as long as there may be another attempt.
    """
    if pod is None:
        return None
    phase = str(pod.get("status", {}).get("phase") or "Pending")
    if not over and phase == "Failed":
        phase = "Running"
    return Node(phase=phase, attempt=int(phase != "Pending"))


def _judge(
    old: StepStatus, node: Node, pod: Object | None, seen: Seen, stop: Finding | None
) -> tuple[Phase, Finding]:
    phase = _PHASES.get(node.phase, Phase.RUNNING)
    if phase is Phase.PENDING:
        return phase, _taken(old, pod, seen) or _waiting(old, node, pod, seen)
    if phase is Phase.RUNNING:
        return phase, reasons.known(reasons.sayings(pod)) or _taken(old, pod, seen) or NOTHING
    if phase is Phase.SKIPPED:
        return phase, Finding(stop.reason if stop else reasons.STEP_FAILED, "")
    if phase is not Phase.FAILED:
        return phase, NOTHING
    finding = reasons.failure(reasons.sayings(pod, message=node.message))
    taken = _told_taken(old)
    if stop and pod is not None and not pods_.is_dead(pod):
        begun = pods_.main_state(pod, "running") is not None
        return (Phase.RUNNING if begun else Phase.PENDING), taken or stop
    if finding.reason not in _FROM_OUTSIDE:
        return phase, finding
    if stop and not taken:
        return Phase.CANCELLED, stop
    if old.reason == reasons.NODE_LOST:
        return phase, Finding(old.reason, old.message)
    return phase, taken or finding


def _told_taken(old: StepStatus) -> Finding | None:
    return Finding(old.reason, old.message) if old.reason in _TAKEN else None


def _taken(old: StepStatus, pod: Object | None, seen: Seen) -> Finding | None:
    """Return who took the pod of a step that runs; the operator does so itself after a shutdown."""
    if seen.shut_down:
        return _told_taken(old)
    if pod is None or not pods_.is_taken(pod):
        return None
    return reasons.of_taken(pod)


def _waiting(old: StepStatus, node: Node, pod: Object | None, seen: Seen) -> Finding:
    """Return what a step waits for; what only events tell holds on until it runs."""
    name = pods_.name(pod) if pod else ""
    events = [e for e in seen.events if e.get("involvedObject", {}).get("name") == name]
    found = reasons.known(reasons.sayings(pod, events, node.message))
    if found is None and old.reason in _ONLY_IN_EVENTS:
        return Finding(old.reason, old.message)
    return found or NOTHING


def _fields(
    old: StepStatus, phase: Phase, finding: Finding, node: Node, pod: Object | None
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "phase": phase,
        "reason": finding.reason,
        "message": finding.message,
        "attempt": max(old.attempt, node.attempt),
        "pod": pods_.name(pod) if pod else old.pod,
    }
    main = _main(pod)
    if phase not in (Phase.PENDING, Phase.SKIPPED):
        first = parsed(main.get("startedAt")) if node.attempt == 1 else None
        fields["started_at"] = old.started_at or first or parsed(node.started_at)
    if phase.final and phase is not Phase.SKIPPED:
        fields["finished_at"] = parsed(main.get("finishedAt")) or parsed(node.finished_at)
    return fields


def _main(pod: Object | None) -> Object:
    """Return what is known of when ``main`` began and ended."""
    if pod is None:
        return {}
    return pods_.main_state(pod, "terminated") or pods_.main_state(pod, "running") or {}
