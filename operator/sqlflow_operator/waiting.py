"""Pods that wait to start. Some causes, such as a missing Secret, are said in their Events only.

Those are the kubelet's, who has the pod from the moment that it is scheduled. Why a pod can't be
scheduled stands in its status.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pkg_argo import pods
from pkg_argo.times import parsed

if TYPE_CHECKING:
    from pkg_argo.pods import Object

EVENTS_AFTER: Final = timedelta(seconds=10)
"""A pod that has waited on its node for so long has its Events read: sooner most pods run."""


def events_due(pod: Object) -> datetime | None:
    """Return when the Events of a pod are to be read; None if it does not wait on its node."""
    scheduled = pods.condition(pod, "PodScheduled")
    if scheduled is None or scheduled["status"] != "True":
        return None
    since = parsed(scheduled.get("lastTransitionTime"))
    if since is None or pod.get("status", {}).get("phase") != "Pending":
        return None
    return since + EVENTS_AFTER
