"""Those who wait are woken, and by nothing else."""

from __future__ import annotations

import asyncio

from sqlflow_server.runners.kubernetes.bells import Bells


async def waiting(bells, job, seconds=60.0):
    """Begin to wait; return the task once it waits."""
    task = asyncio.create_task(bells.wait(job, bells.strokes(job), seconds))
    await asyncio.sleep(0)
    return task


async def test_a_stroke_wakes_all_who_wait_for_the_job():
    bells = Bells()
    tasks = [await waiting(bells, "a") for _ in range(3)]
    bells.ring("a")
    await asyncio.gather(*tasks)


async def test_a_stroke_for_another_job_wakes_nobody():
    bells = Bells()
    task = await waiting(bells, "a")
    bells.strokes("b")
    bells.ring("b")
    await asyncio.sleep(0)
    assert not task.done()
    bells.ring("a")
    await task


async def test_a_stroke_that_was_not_heard_yet_is_not_waited_for():
    bells = Bells()
    heard = bells.strokes("a")
    bells.ring("a")
    await bells.wait("a", heard, 60.0)


async def test_the_wait_ends_with_its_time():
    await Bells().wait("a", 0, 0.0)


async def test_a_drain_wakes_all_and_nobody_waits_again():
    bells = Bells()
    task = await waiting(bells, "a")
    bells.drain()
    await task
    await bells.wait("a", bells.strokes("a"), 60.0)


async def test_the_end_of_a_job_wakes_those_who_wait_for_it():
    bells = Bells()
    task = await waiting(bells, "a")
    bells.forget("a")
    await task


def test_of_jobs_that_nobody_asks_for_nothing_is_kept():
    bells = Bells()
    for job in ("a", "b"):
        bells.ring(job)
    assert bells._strokes == {}
