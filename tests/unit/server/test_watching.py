from __future__ import annotations

import asyncio

from sqlflow_server.runners.local.watching import Watcher

LONG = 60.0


async def test_who_waits_is_woken_by_a_change():
    watcher, changed = Watcher(), asyncio.Event()
    waiting = asyncio.create_task(watcher.wait(changed.is_set, False, LONG))
    await asyncio.sleep(0)
    assert not waiting.done()

    changed.set()

    await asyncio.wait_for(waiting, 5)


async def test_who_waits_goes_on_after_the_time_given():
    await asyncio.wait_for(Watcher().wait(lambda: 1, 1, 0.01), 5)


async def test_draining_wakes_all_who_wait_and_lets_nobody_wait_again():
    watcher = Watcher()
    waiting = [asyncio.create_task(watcher.wait(lambda: 1, 1, LONG)) for _ in range(3)]
    await asyncio.sleep(0)

    watcher.drain()

    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    await asyncio.wait_for(watcher.wait(lambda: 1, 1, LONG), 5)


async def test_a_question_that_fails_wakes_its_reader_and_no_other():
    watcher = Watcher()
    other = asyncio.create_task(watcher.wait(lambda: 1, 1, LONG))

    await asyncio.wait_for(watcher.wait(lambda: 1 / 0, 1, LONG), 5)

    assert not other.done()
    other.cancel()


async def test_nothing_is_looked_at_while_nobody_waits():
    watcher = Watcher()
    await watcher.wait(lambda: 1, 1, 0.01)

    assert watcher._task is not None
    await asyncio.wait_for(watcher._task, 5)
    assert watcher._task is None
