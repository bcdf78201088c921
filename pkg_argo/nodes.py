"""The steps of a Workflow, read from its nodes.

Argo records a tree of nodes: the DAG, below it a node a step. A step with a retry strategy is a
node of type Retry, whose children are its attempts; one that was not run is of type Skipped. A step
is known by the template's name, which is the step's id::

    DAG   program
    ├── Pod      s01-select            a step
    ├── Retry    s02-train             a step
    │   ├── Pod  s02-train(0)          its first attempt, Failed
    │   └── Pod  s02-train(1)          its second, Running
    └── Skipped  s03-select            a step that was not run: phase Omitted

A large Workflow holds its nodes compressed; a very large one not at all, when Argo keeps them in a
database of its own. Then there is nothing to read here and the pods have to tell.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pkg_argo.pods import Object

_PODS, _STEPS = {"Pod"}, {"Retry", "Skipped"}
DONE = frozenset({"Succeeded", "Failed", "Error", "Skipped", "Omitted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step as Argo sees it.

    Attributes:
        phase: Argo's: Pending, Running, Succeeded, Failed, Error, Skipped, Omitted.
        message: why, in Argo's words, of the last attempt.
        pod: the id of the last attempt's node, which its pod is annotated with.
        attempt: how many attempts have begun to run.
        started_at: when Argo made the node, in RFC 3339; the pod may have waited after it.
        finished_at: empty until it ended.
    """

    phase: str
    message: str = ""
    pod: str = ""
    attempt: int = 0
    started_at: str = ""
    finished_at: str = ""


def read(workflow: Object) -> dict[str, Node]:
    """Return the steps that have begun, by id."""
    nodes = _nodes(workflow)
    attempts: dict[str, list[Object]] = defaultdict(list)
    heads: dict[str, Object] = {}
    for node in nodes.values():
        step = str(node.get("templateName", ""))
        if node.get("type") in _PODS:
            attempts[step].append(node)
        elif node.get("type") in _STEPS:
            heads[step] = node
    steps = sorted(attempts.keys() | heads.keys())
    return {step: _node(heads.get(step), attempts.get(step, [])) for step in steps}


def _nodes(workflow: Object) -> Mapping[str, Object]:
    status: Mapping[str, Any] = workflow.get("status") or {}
    packed = status.get("compressedNodes")
    nodes = _unpack(packed) if packed else status.get("nodes")
    return nodes if isinstance(nodes, dict) else {}


def _unpack(packed: str) -> Any:
    """Undo Argo's compression; None for one that is not known here (newer ones have others)."""
    try:
        return json.loads(gzip.decompress(base64.b64decode(packed, validate=True)))
    except (binascii.Error, OSError, EOFError, ValueError):
        return None


def _node(head: Object | None, attempts: list[Object]) -> Node:
    """Put a step together from its own node and those of its attempts."""
    attempts.sort(key=lambda node: (str(node.get("startedAt") or ""), str(node["displayName"])))
    last = attempts[-1] if attempts else head
    assert last is not None
    head = head or last
    return Node(
        phase=_phase(head, last),
        message=str(last.get("message") or ""),
        pod=str(last["id"]) if attempts else "",
        attempt=sum(node.get("phase") != "Pending" for node in attempts),
        started_at=str(attempts[0].get("startedAt") or "") if attempts else "",
        finished_at=str(head.get("finishedAt") or ""),
    )


def _phase(head: Object, last: Object) -> str:
    """A step is done when its own node is; until then it is as its last attempt is."""
    phase = str(head.get("phase") or "Pending")
    if phase in DONE or head is last:
        return phase
    now = str(last.get("phase") or "Pending")
    return now if now not in DONE else "Running"
