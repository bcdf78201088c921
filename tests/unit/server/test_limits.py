from types import SimpleNamespace
from typing import Any

import pytest
from sqlflow_server.limits import Rate, check_jobs

from sqlflow.errors import QuotaError, ThrottledError
from sqlflow.wire.statuses import Phase
from tests.unit.server.auth.reviewers import Clock


class Jobs:
    """A runner with some jobs."""

    def __init__(self, *jobs):
        self.all = [
            SimpleNamespace(submitter=name, idempotency_key=key, phase=phase)
            for name, key, phase in jobs
        ]

    async def jobs(self, query):
        return [job for job in self.all if job.phase in query.phases][: query.limit]


def order(key="", submitter="alice"):
    return SimpleNamespace(submitter=submitter, idempotency_key=key)


FULL: Any = Jobs(
    ("alice", "k1", Phase.RUNNING),
    ("alice", "", Phase.PENDING),
    ("alice", "k3", Phase.SUCCEEDED),
    ("bob", "k4", Phase.RUNNING),
)


async def test_who_has_too_many_jobs_is_told_how_many():
    with pytest.raises(QuotaError, match=r"^alice has 2 jobs that are not over, of 2 at most;"):
        await check_jobs(FULL, order("new"), 2)


async def test_jobs_of_others_and_jobs_that_are_over_do_not_count():
    await check_jobs(FULL, order(), 3)
    await check_jobs(FULL, order(submitter="bob"), 2)


async def test_an_order_that_is_repeated_finds_its_job_again():
    await check_jobs(FULL, order("k1"), 2)


async def test_a_limit_of_0_is_none():
    await check_jobs(FULL, order(), 0)


def test_a_rate_gives_a_minutes_worth_at_once_and_then_one_after_the_other():
    clock = Clock()
    rate = Rate("programs", 60, clock=clock)
    for _ in range(60):
        rate.check("alice")
        rate.count("alice")
    with pytest.raises(ThrottledError, match="more than 60 programs in a minute") as caught:
        rate.check("alice")

    assert caught.value.retry_after == pytest.approx(1.0)
    rate.check("bob")
    clock.now += 1.0
    rate.check("alice")
    rate.count("alice")
    with pytest.raises(ThrottledError):
        rate.check("alice")
