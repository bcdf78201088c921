"""The sweep: all jobs are put on the queue, whatever the watches have told or missed.

At the start it picks up what the operator before this one left; later it repairs what a watch that
was cut off for long never told, such as that a Workflow is gone. What it lists shows, besides,
whether the watches hear of anything.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pkg_argo import names
from pkg_argo.kube import JOBS, PODS, WORKFLOWS
from sqlflow_operator.looking import Key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pkg_argo.kube import Kube, Object
    from sqlflow_operator.liveness import Watches
    from sqlflow_operator.queueing import Queue


async def sweep(kube: Kube, queue: Queue[Key], watches: Watches, namespaces: Sequence[str]) -> None:
    """Put all jobs on the queue.

    Raises:
        RefusedError: the operator may not list, or the type of one kind is not installed.
        UnavailableError: the API server does not answer.
    """
    for namespace in namespaces or [""]:
        jobs = await kube.list_metadata(JOBS, namespace)
        for job in jobs:
            queue.add(Key(job["metadata"]["namespace"], job["metadata"]["name"]))
        watches.listed((JOBS.plural, namespace), _newest(jobs), time.monotonic())
        for resource in (WORKFLOWS, PODS):
            parts = await kube.list_metadata(resource, namespace, labels=names.JOB_UID_LABEL)
            watches.listed((resource.plural, namespace), _newest(parts), time.monotonic())


def _newest(objects: Sequence[Object]) -> int:
    return max((int(it["metadata"]["resourceVersion"]) for it in objects), default=0)
