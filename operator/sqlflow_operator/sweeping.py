"""The sweep: all jobs that may need it are put on the queue, whatever watches have told or missed.

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
    from sqlflow_operator.memory import Memory
    from sqlflow_operator.queueing import Queue


async def sweep(
    kube: Kube,
    namespaces: Sequence[str],
    *,
    queue: Queue[Key],
    memory: Memory,
    watches: Watches,
) -> None:
    """Put all jobs on the queue but those that were found over, and since then have not changed.

    Args:
        kube: the API server.
        namespaces: none for all.
        queue: of the jobs to be looked at.
        memory: tells which were found over; those that are gone without a word are in it, too.
        watches: are told what is listed.

    Raises:
        RefusedError: the operator may not list, or the type of one kind is not installed.
        UnavailableError: the API server does not answer.
    """
    for namespace in namespaces or [""]:
        jobs = await kube.list_metadata(JOBS, namespace)
        listed = {Key(it["metadata"]["namespace"], it["metadata"]["name"]): it for it in jobs}
        for key, job in listed.items():
            if not memory.is_over(job["metadata"]):
                queue.add(key)
        for where, name in memory.of_namespace(namespace) - listed.keys():
            queue.add(Key(where, name))  # Gone, and no watch has told of it.
        watches.listed((JOBS.plural, namespace), _newest(jobs), time.monotonic())
        for resource in (WORKFLOWS, PODS):
            parts = await kube.list_metadata(resource, namespace, labels=names.JOB_UID_LABEL)
            watches.listed((resource.plural, namespace), _newest(parts), time.monotonic())


def _newest(objects: Sequence[Object]) -> int:
    return max((int(it["metadata"]["resourceVersion"]) for it in objects), default=0)
