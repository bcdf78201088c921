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
from pkg_argo.reasons import Finding
from pkg_argo.times import parsed
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pkg_argo.job import StepStatus
    from pkg_argo.pods import Object

_PHASES: Final = {
    "Pending": Phase.PENDING,
    "Running": Phase.RUNNING,
    "Succeeded": Phase.SUCCEEDED,
    "Failed": Phase.FAILED,
    "Error": Phase.FAILED,
    "Skipped": Phase.SKIPPED,
    "Omitted": Phase.SKIPPED,
}
_KEPT_WHEN_DELETED: Final = frozenset({reasons.EVICTED, reasons.NODE_LOST})
_RANK: Final = {Phase.PENDING: 0, Phase.RUNNING: 1}


def observe(
    old: StepStatus,
    node: Node | None,
    pods: Sequence[Object],
    events: Sequence[Object],
    *,
    stop: Finding,
) -> StepStatus:
    """Return the step as it is seen now, never behind what was known of it.

    Args:
        old: what was known.
        node: Argo's; None if the step's turn has not come, or the nodes can't be read.
        pods: the step's.
        events: about any pods of the job.
        stop: what is said of it if it was shut down.
    """
    if old.phase.final:
        return old
    pod = _pod(node, pods)
    node = node or _node_of(pod)
    if node is None:
        return old
    phase, finding = _judge(old, node, pod, _about(pod, events))
    if finding and finding.reason == reasons.CANCELLED:
        finding = stop
    if _rank(phase) < _rank(old.phase):
        phase = old.phase
    return old.model_copy(update=_fields(old, phase, finding, node, pod))


def closed(step: StepStatus, ending: Finding, *, lost: bool) -> StepStatus:
    """Return the step as the end of its job leaves it.

    Args:
        step: as it was seen last.
        ending: the job's reason.
        lost: whether a step that runs is called failed; else it was cancelled.
    """
    if step.phase.final:
        return step
    if step.phase is Phase.PENDING:
        return step.model_copy(
            update={"phase": Phase.SKIPPED, "reason": ending.reason, "message": ""}
        )
    phase = Phase.FAILED if lost else Phase.CANCELLED
    update = {"phase": phase, "reason": ending.reason, "message": reasons.cut(ending.message)}
    return step.model_copy(update=update)


def _rank(phase: Phase) -> int:
    return _RANK.get(phase, 2)


def _pod(node: Node | None, pods: Sequence[Object]) -> Object | None:
    """Return the pod of the last attempt; without a node, the newest."""
    if node is None:
        return pods_.newest(pods)
    return pods_.newest(pod for pod in pods if pods_.node_id(pod) == node.pod)


def _node_of(pod: Object | None) -> Node | None:
    """Return what stands in for the node where Argo's can't be read.

    A pod that failed says nothing of the step: there may be another attempt. The end of the
    Workflow decides on it.
    """
    if pod is None:
        return None
    phase = str(pod.get("status", {}).get("phase") or "Pending")
    return Node(phase="Running" if phase in {"Failed", "Unknown"} else phase, attempt=1)


def _about(pod: Object | None, events: Sequence[Object]) -> list[Object]:
    if pod is None:
        return []
    name = pods_.name(pod)
    return [e for e in events if e.get("involvedObject", {}).get("name") == name]


def _judge(
    old: StepStatus, node: Node, pod: Object | None, events: Sequence[Object]
) -> tuple[Phase, Finding | None]:
    phase = _PHASES.get(node.phase, Phase.PENDING)
    if phase is Phase.PENDING:
        return phase, reasons.known(reasons.sayings(pod, events, node.message))
    if phase is Phase.RUNNING:
        return phase, reasons.known(reasons.sayings(pod))
    if phase is not Phase.FAILED:
        return phase, None
    finding = reasons.failure(reasons.sayings(pod, message=node.message))
    if finding.reason == reasons.POD_DELETED and old.reason in _KEPT_WHEN_DELETED:
        finding = Finding(old.reason, old.message)
    if finding.reason != reasons.CANCELLED:
        return phase, finding
    alive = pod is not None and not pods_.is_dead(pod)
    return Phase.RUNNING if alive else Phase.CANCELLED, finding


def _fields(
    old: StepStatus, phase: Phase, finding: Finding | None, node: Node, pod: Object | None
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "phase": phase,
        "reason": finding.reason if finding else "",
        "message": finding.message if finding else "",
        "attempt": max(old.attempt, node.attempt),
        "pod": pods_.name(pod) if pod else old.pod,
    }
    state = _state(pod)
    if phase not in (Phase.PENDING, Phase.SKIPPED):
        fields["started_at"] = (
            old.started_at or parsed(state.get("startedAt")) or parsed(node.started_at)
        )
    if phase.final and phase is not Phase.SKIPPED:
        fields["finished_at"] = parsed(state.get("finishedAt")) or parsed(node.finished_at)
    return fields


def _state(pod: Object | None) -> Object:
    if pod is None:
        return {}
    return pods_.main_state(pod, "terminated") or pods_.main_state(pod, "running") or {}
