"""Statements whose pod is taken away while they run, so that none of them runs twice. Pure.

Argo makes a pod again that it misses, if the step is younger than its RECENTLY_STARTED_POD_DURATION
(10 seconds), or if it had not yet noted that the step began. It believes that the pod was never
there, but the statement may have written. A Workflow that is shut down gets no pod, and a pod that
is to go is still there until its program has ended: time enough to shut the Workflow down first.
The other steps end with it, which is the price.

A step whose job asked for another try may be done twice, so there Argo is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkg_argo import nodes, pods, reasons

if TYPE_CHECKING:
    from pkg_argo.pods import Object
    from pkg_argo.seen import Seen


def found(seen: Seen) -> reasons.Finding | None:
    """Return why the job has to be ended; None if nothing was taken from it."""
    if seen.workflow is None or seen.shut_down or seen.over:
        return None
    steps = nodes.read(seen.workflow)
    for pod in filter(pods.is_taken, seen.pods):
        step = pods.step_id(pod)
        node = steps.get(step)
        done = node is None or node.phase in nodes.DONE
        if not done and not _may_run_again(seen.workflow, step):
            what = f"The pod of {step} was deleted while its statement ran, so the job is ended"
            return reasons.finding(reasons.STEP_LOST, what)
    return None


def _may_run_again(workflow: Object, step: str) -> bool:
    templates = workflow["spec"].get("templates", ())
    return any(it["name"] == step and it.get("retryStrategy") for it in templates)
