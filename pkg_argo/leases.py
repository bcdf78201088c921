"""Fetch leases: how long a job goes on that nobody reads. Pure.

A job with ``fetchLeaseSeconds`` has a Lease object of its own name. The server writes into it that
the job was read, the operator ends a job that was not::

    read, read, read … ─► server: renewTime, at most once in a third of the lease
    lease over         ─► operator: reads the Lease, once; ends the job, or waits for the new end

A reader may be written down as much as a third of the lease too early. So that third is added to
the lease: a job is ended when nobody has read it for so long, and never before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pkg_argo import names
from pkg_argo.times import parsed

if TYPE_CHECKING:
    from datetime import datetime

    from pkg_argo.job import SQLFlowJob
    from pkg_argo.kube import Object


def interval(seconds: int) -> float:
    """Return how many seconds a lease of a length is left as it is once it was written."""
    return seconds / 3


def renewed(lease: Object | None, job: SQLFlowJob) -> datetime | None:
    """Return when a job was read last, as its Lease tells; None if never.

    One that an earlier job of the same name has left behind tells nothing.
    """
    labels = lease["metadata"].get("labels", {}) if lease else {}
    if lease is None or labels.get(names.JOB_UID_LABEL) != job.metadata.uid:
        return None
    return parsed(lease.get("spec", {}).get("renewTime"))


def end(job: SQLFlowJob, lease: Object | None) -> datetime | None:
    """Return when a job's lease is over; None if it has none.

    Args:
        job: as the API server has it.
        lease: its Lease; None if there is none, or it is not known.
    """
    seconds, created = job.spec.fetch_lease_seconds, job.metadata.creation_timestamp
    if seconds is None or created is None:
        return None
    read = renewed(lease, job)
    if read is None:
        return created + timedelta(seconds=seconds)
    return read + timedelta(seconds=seconds + interval(seconds))
