"""A fault behind the service of 2020 is not at once one of its client, which never tries again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlflow_server.legacy import sqlflow_pb2 as old
from sqlflow_server.legacy.bookmarks import capability
from sqlflow_server.legacy.servicer import LegacyServicer

from sqlflow.errors import JobNotFoundError, UnavailableError
from sqlflow.transcript.tokens import KeyRing

KEYS = KeyRing([("k1", b"0123456789abcdef")])
CONTEXT: Any = None


class Failing:
    """A service that fails as told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def Fetch(self, request: Any, context: Any) -> Any:  # noqa: N802 - of the protocol
        raise self.error


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def servicer(error, clock):
    front: Any = Failing(error)
    return LegacyServicer(front, KEYS, clock=clock)


def first():
    return old.FetchRequest(job=old.Job(id=capability(KEYS, "job-1")))


async def test_a_passing_fault_is_an_empty_page_and_the_same_place(clock):
    answer = await servicer(UnavailableError("away"), clock).Fetch(first(), CONTEXT)
    assert (len(answer.responses.response), answer.eof) == (0, False)
    assert answer.updated_fetch_since.job == first().job
    assert answer.updated_fetch_since.step_id == ""


async def test_a_fault_that_lasts_is_told_after_ten_minutes(clock):
    legacy = servicer(UnavailableError("away"), clock)
    request = (await legacy.Fetch(first(), CONTEXT)).updated_fetch_since
    clock.now += 600.0
    request = (await legacy.Fetch(request, CONTEXT)).updated_fetch_since
    clock.now += 1.0
    with pytest.raises(UnavailableError, match="away"):
        await legacy.Fetch(request, CONTEXT)


async def test_an_error_that_does_not_pass_is_told_at_once(clock):
    with pytest.raises(JobNotFoundError):
        await servicer(JobNotFoundError("gone"), clock).Fetch(first(), CONTEXT)
