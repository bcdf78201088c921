"""Waiting for the cluster ends when it is so, or says what was seen last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devcluster.errors import ClusterError
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


async def test_what_is_accepted_is_returned() -> None:
    seen = iter(["Pending", "Running", "Succeeded"])

    async def look() -> str:
        return next(seen)

    assert await eventually(look, lambda it: it == "Running", what="it runs") == "Running"


async def test_a_look_that_fails_is_repeated() -> None:
    down = ClusterError("the API server does not answer")
    answers: Iterator[str | Exception] = iter([down, "Running"])

    async def look() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await eventually(look, bool, what="it runs") == "Running"


async def test_when_time_is_up_it_says_what_was_seen_last() -> None:
    async def look() -> str:
        return "Pending"

    with pytest.raises(pytest.fail.Exception) as failed:
        await eventually(look, lambda it: it == "Running", what="it runs", seconds=0)

    assert str(failed.value) == "it runs: not within 0 s. Last seen: 'Pending'"
