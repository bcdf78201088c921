import asyncio

import pytest
from sqlflow_server.auth.caches import Cache

from tests.unit.server.auth.reviewers import Clock


class Asked:
    def __init__(self, *answers):
        self.answers = list(answers)

    async def __call__(self):
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_an_answer_is_kept_for_its_time_and_no_longer():
    clock = Clock()
    cache: Cache[str] = Cache(lambda _: 60.0, clock=clock)
    asked = Asked("first", "second")

    assert await cache.get("k", asked) == "first"
    clock.now += 59.9
    assert await cache.get("k", asked) == "first"
    clock.now += 0.1
    assert await cache.get("k", asked) == "second"


async def test_those_who_ask_at_once_share_an_answer():
    cache: Cache[str] = Cache(lambda _: 60.0)

    assert await asyncio.gather(*(cache.get("k", asked) for asked in [Asked("one")] * 5)) == (
        ["one"] * 5
    )


async def test_who_hangs_up_does_not_take_the_answer_from_the_others():
    cache: Cache[str] = Cache(lambda _: 60.0)
    asked = Asked("one")
    first, second = (asyncio.create_task(cache.get("k", asked)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()

    assert await second == "one"


async def test_an_error_is_not_kept():
    cache: Cache[str] = Cache(lambda _: 60.0)
    asked = Asked(ValueError("away"), "one")
    with pytest.raises(ValueError, match="away"):
        await cache.get("k", asked)

    assert await cache.get("k", asked) == "one"


async def test_the_oldest_answers_are_dropped():
    cache: Cache[str] = Cache(lambda _: 60.0, most=2)
    for key in "abc":
        await cache.get(key, Asked(key))

    assert [cache.kept(key) for key in "abc"] == [None, ("b",), ("c",)]
