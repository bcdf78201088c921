"""The queue: no key is lost, none is held twice, and those that fail come later and later."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlflow_operator.queueing import LONGEST_DELAY, Queue, Schedule


def test_a_key_added_twice_is_given_out_once():
    schedule = Schedule[str]()
    schedule.add("a", 1)
    schedule.add("a", 2)
    assert (schedule.take(5), schedule.take(5)) == ("a", None)


def test_a_key_is_not_given_out_before_it_is_due():
    schedule = Schedule[str]()
    schedule.add("a", 10)
    assert schedule.take(9.9) is None
    assert schedule.next_due() == 10
    assert schedule.take(10) == "a"


def test_the_earlier_of_two_times_holds():
    schedule = Schedule[str]()
    schedule.add("a", 10)
    schedule.add("a", 3)
    assert schedule.take(3) == "a"
    schedule.finish("a")
    assert schedule.take(100) is None


def test_a_key_that_is_held_is_given_out_again_once_it_is_back():
    schedule = Schedule[str]()
    schedule.add("a", 0)
    assert schedule.take(0) == "a"
    schedule.add("a", 1)
    assert schedule.take(2) is None
    schedule.finish("a")
    assert schedule.take(2) == "a"


def test_what_was_asked_for_meanwhile_goes_before_the_wish_of_the_worker():
    schedule = Schedule[str]()
    schedule.add("a", 0)
    schedule.take(0)
    schedule.add("a", 1)
    schedule.finish("a", again=60)
    assert schedule.take(1) == "a"
    schedule.finish("a")
    assert schedule.take(100) is None


def test_the_longest_due_goes_first():
    schedule = Schedule[str]()
    for key, due in (("a", 3), ("b", 1), ("c", 2)):
        schedule.add(key, due)
    assert [schedule.take(5) for _ in range(3)] == ["b", "c", "a"]


def test_delays_double_to_five_minutes():
    schedule = Schedule[str]()
    now, delays = 0.0, []
    schedule.add("a", now)
    for _ in range(12):
        assert schedule.take(now) == "a"
        delays.append(schedule.fail("a", now, jitter=1))
        now += delays[-1]
    assert delays == [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_the_jitter_takes_at_most_half_of_a_delay():
    schedule = Schedule[str]()
    schedule.add("a", 0)
    schedule.take(0)
    assert schedule.fail("a", 0, jitter=0) == 0.25


def test_a_success_forgets_the_failures():
    schedule = Schedule[str]()
    schedule.add("a", 0)
    for _ in range(3):
        schedule.take(1000)
        schedule.fail("a", 0, jitter=1)
    schedule.take(1000)
    schedule.finish("a")
    schedule.add("a", 1000)
    schedule.take(1000)
    assert schedule.fail("a", 1000, jitter=1) == 0.5


def test_a_key_with_a_distant_time_that_is_looked_at_often_takes_no_more_memory():
    schedule = Schedule[str]()
    for now in range(1000):
        schedule.add("a", now)
        assert schedule.take(now) == "a"
        schedule.finish("a", again=now + 10**6)
    assert len(schedule) == 1
    assert len(schedule._heap) < 100
    assert schedule.take(10**6 + 998) is None
    assert schedule.take(10**6 + 999) == "a"


def test_how_long_a_key_is_held_is_known():
    schedule = Schedule[str]()
    assert schedule.longest_held(7) == 0
    schedule.add("a", 0)
    schedule.take(2)
    assert schedule.longest_held(7) == 5


class AnySchedule(RuleBasedStateMachine):
    """Whatever is done in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule = Schedule[int]()
        self.now = 0.0
        self.wanted: dict[int, float] = {}  # what has to be looked at, and by when
        self.held: list[int] = []

    @rule(key=st.integers(0, 3), delay=st.floats(0, 50))
    def add(self, key: int, delay: float) -> None:
        due = self.now + delay
        self.schedule.add(key, due)
        self.wanted[key] = min(due, self.wanted.get(key, due))

    @rule(seconds=st.floats(0, 100))
    def time_goes_on(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def take(self) -> None:
        key = self.schedule.take(self.now)
        free = {k: due for k, due in self.wanted.items() if k not in self.held}
        if key is None:
            assert all(due > self.now for due in free.values())
            return
        assert free[key] == min(free.values()) <= self.now
        del self.wanted[key]
        self.held.append(key)

    @precondition(lambda self: self.held)
    @rule(again=st.none() | st.floats(0, 100))
    def finish(self, again: float | None) -> None:
        key = self.held.pop()
        due = None if again is None else self.now + again
        self.schedule.finish(key, again=due)
        if due is not None:
            self.wanted[key] = min(due, self.wanted.get(key, due))

    @precondition(lambda self: self.held)
    @rule(jitter=st.floats(0, 1))
    def fail(self, jitter: float) -> None:
        key = self.held.pop(0)
        delay = self.schedule.fail(key, self.now, jitter=jitter)
        assert 0 < delay <= LONGEST_DELAY
        due = self.now + delay
        self.wanted[key] = min(due, self.wanted.get(key, due))

    @invariant()
    def nothing_is_lost(self) -> None:
        assert len(self.schedule) == len(self.wanted)
        free = [due for key, due in self.wanted.items() if key not in self.held]
        next_due = self.schedule.next_due()
        assert not free or (next_due is not None and next_due <= min(free))


TestAnySchedule = AnySchedule.TestCase


@contextlib.asynccontextmanager
async def running(queue: Queue[str]):
    task = asyncio.create_task(queue.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_workers_look_at_different_keys_at_the_same_time():
    both = asyncio.Barrier(2)

    async def look(key: str) -> None:
        await both.wait()
        seen.append(key)
        done.release()

    seen: list[str] = []
    done = asyncio.Semaphore(0)
    queue = Queue[str](look, workers=2)
    async with running(queue), asyncio.timeout(5):
        queue.add("a")
        queue.add("b")
        await done.acquire()
        await done.acquire()
    assert sorted(seen) == ["a", "b"]


async def test_a_key_whose_look_fails_comes_again():
    looks: list[str] = []
    done = asyncio.Event()

    async def look(key: str) -> None:
        looks.append(key)
        if len(looks) == 1:
            raise RuntimeError
        done.set()

    queue = Queue[str](look, workers=1)
    async with running(queue), asyncio.timeout(5):
        queue.add("a")
        await done.wait()
    assert looks == ["a", "a"]


async def test_a_worker_may_ask_to_look_again():
    looks: list[str] = []
    done = asyncio.Event()

    async def look(key: str) -> float | None:
        looks.append(key)
        if len(looks) == 1:
            return 0.01
        done.set()
        return None

    queue = Queue[str](look, workers=1)
    async with running(queue), asyncio.timeout(5):
        queue.add("a")
        await done.wait()
    assert looks == ["a", "a"]


async def test_the_end_of_the_queue_ends_its_workers():
    ended = asyncio.Event()
    begun = asyncio.Event()

    async def look(_key: str) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    queue = Queue[str](look, workers=1)
    async with running(queue), asyncio.timeout(5):
        queue.add("a")
        await begun.wait()
    assert ended.is_set()


@pytest.mark.parametrize("added", [0, 3])
async def test_the_length_is_what_waits(added):
    async def look(_key: str) -> None: ...

    queue = Queue[str](look, workers=1)
    for key in range(added):
        queue.add(str(key))
    assert len(queue) == added
