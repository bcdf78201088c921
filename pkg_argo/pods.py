"""What a pod of a step says of itself. Pure; a pod is the plain object that the API server gave.

Argo puts three containers into a pod: ``init`` and ``wait`` are its own, ``main`` is the step. Only
``main`` tells how a statement is doing: ``wait`` runs while the image of ``main`` is pulled, and
ends long before a ``main`` that ignores SIGTERM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pkg_argo import names

Object = Mapping[str, Any]

NODE_ID = "workflows.argoproj.io/node-id"
NODE_NAME = "workflows.argoproj.io/node-name"
MAIN = "main"

_RETRY = re.compile(r"\((\d+)\)\Z")


def name(pod: Object) -> str:
    """Return the name of the pod."""
    return str(pod["metadata"]["name"])


def step_id(pod: Object) -> str:
    """Return which step the pod is of; empty for a pod that is not a step's."""
    return str(pod["metadata"].get("labels", {}).get(names.STEP_LABEL, ""))


def node_id(pod: Object) -> str:
    """Return the id of the Workflow's node that the pod is."""
    return str(pod["metadata"].get("annotations", {}).get(NODE_ID, ""))


def job_uid(pod: Object) -> str:
    """Return which job the pod is of."""
    return str(pod["metadata"].get("labels", {}).get(names.JOB_UID_LABEL, ""))


def attempt(pod: Object) -> int:
    """Return which try of its step the pod is, from 1: Argo names that of a second one ``…(1)``."""
    name = str(pod["metadata"].get("annotations", {}).get(NODE_NAME, ""))
    found = _RETRY.search(name)
    return int(found[1]) + 1 if found else 1


def created_at(pod: Object) -> str:
    """Return when the pod was made, in RFC 3339."""
    return str(pod["metadata"].get("creationTimestamp", ""))


def main_state(pod: Object, kind: str) -> Object | None:
    """Return how ``main`` is ``waiting``, ``running`` or ``terminated``; None if it is not."""
    for container in pod.get("status", {}).get("containerStatuses", ()):
        if container["name"] == MAIN:
            state: Object | None = container.get("state", {}).get(kind)
            return state
    return None


def memory_limit(pod: Object) -> str:
    """Return how much memory ``main`` may use; empty if as much as there is."""
    for container in pod["spec"].get("containers", ()):
        if container["name"] == MAIN:
            limits: Object = container.get("resources", {}).get("limits", {})
            return str(limits.get("memory", ""))
    return ""


def is_dead(pod: Object) -> bool:
    """Whether nothing of the step runs in the pod, nor will.

    Not the pod's phase: after a shutdown Argo forgets a pod whose program ignores SIGTERM, and its
    phase stays Running for good.
    """
    finished = pod.get("status", {}).get("phase") in {"Succeeded", "Failed"}
    return finished or main_state(pod, "terminated") is not None


def is_taken(pod: Object) -> bool:
    """Whether somebody had the pod deleted while its step ran."""
    if not pod["metadata"].get("deletionTimestamp"):
        return False
    ended = main_state(pod, "terminated")
    return main_state(pod, "running") is not None or bool(ended and ended.get("exitCode"))


def newest(pods: Iterable[Object]) -> Object | None:
    """Return the pod that was made last."""
    return max(pods, key=lambda pod: (created_at(pod), name(pod)), default=None)


def condition(pod: Object, kind: str) -> Object | None:
    """Return the pod's condition of a type."""
    conditions: Iterable[Object] = pod.get("status", {}).get("conditions", ())
    return next((c for c in conditions if c["type"] == kind), None)
