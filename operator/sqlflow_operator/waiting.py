"""Pods that wait to start. Some causes, such as a missing Secret, are said in their Events only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pkg_argo import pods
from pkg_argo.times import parsed

if TYPE_CHECKING:
    from pkg_argo.pods import Object

EVENTS_AFTER: Final = timedelta(seconds=10)
"""A pod that waits for so long has its Events read: sooner most pods run."""


def events_due(pod: Object) -> datetime | None:
    """Return when the Events of a pod are to be read; None if it does not wait."""
    created = parsed(pods.created_at(pod))
    if created is None or pod.get("status", {}).get("phase") != "Pending":
        return None
    return created + EVENTS_AFTER
