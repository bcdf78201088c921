"""Whether somebody still reads a job that ends when nobody does; see :mod:`pkg_argo.leases`.

No watch tells of Leases, which are written all the time. One is read when it is over as far as is
known, so a job that is read costs a request for each length of its lease, and others none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from pkg_argo import leases
from pkg_argo.job import Cancel
from pkg_argo.kube import LEASES
from pkg_argo.kube_errors import RefusedError
from pkg_argo.verdicts import ENDINGS

if TYPE_CHECKING:
    from pkg_argo.job import SQLFlowJob
    from pkg_argo.kube import Kube
    from sqlflow_operator.memory import JobMemory

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lease:
    """What is known of a job's lease.

    Attributes:
        until: when it is over, or is to be looked at again.
        over: whether nobody has renewed it in time.
    """

    until: datetime
    over: bool = False


async def lease(kube: Kube, memory: JobMemory, job: SQLFlowJob, now: datetime) -> Lease | None:
    """Return the job's lease; None if it has none, or is being ended already.

    One that may not be read is not over.

    Raises:
        UnavailableError: the API server does not answer.
    """
    ends = job.spec.cancel is not Cancel.NO or job.status.reason in ENDINGS
    until = memory.lease or leases.end(job, None)
    if until is None or ends:
        return None
    if until > now:
        return Lease(until)
    try:
        found = await kube.get(LEASES, job.metadata.namespace, job.metadata.name)
    except RefusedError as error:
        log.warning("a lease can't be read", error=str(error))
        return Lease(now + timedelta(seconds=leases.interval(job.spec.fetch_lease_seconds or 0)))
    memory.lease = leases.end(job, found) or until
    return Lease(memory.lease, over=memory.lease <= now)
