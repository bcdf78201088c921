"""When a job's fetch lease is over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pkg_argo import leases, names
from tests.unit.server.kubernetes.jobs import job_of

JOB = job_of(spec={"fetchLeaseSeconds": 60})
RENEWED = "2026-01-01T00:10:00.500000Z"


def lease(uid: str = "u1", **spec: str):
    return {"metadata": {"name": "j", "labels": names.labels("j", uid)}, "spec": spec}


def test_a_job_that_nobody_ever_read_ends_its_lease_after_its_creation():
    assert leases.end(JOB, None) == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


def test_a_reader_that_was_not_written_down_is_waited_for_by_a_third_more():
    end = datetime(2026, 1, 1, 0, 11, 20, 500000, tzinfo=UTC)
    assert leases.end(JOB, lease(renewTime=RENEWED)) == end


def test_a_job_without_a_lease_needs_no_reader():
    assert leases.end(job_of(), lease(renewTime=RENEWED)) is None


@pytest.mark.parametrize(
    "other", [lease("u0", renewTime=RENEWED), lease(), {"metadata": {"name": "j"}, "spec": {}}]
)
def test_what_does_not_tell_of_this_job_renews_nothing(other):
    assert leases.end(JOB, other) == leases.end(JOB, None)
