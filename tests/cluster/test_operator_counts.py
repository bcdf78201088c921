"""What a job costs the API server, counted by a proxy that the operator's requests go through."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.cluster.support.counting import Requests, counted
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.stages import Stage

LONG = "SELECT SLEEP(120)"
IDLE = 12.0
"""Seconds; a minute is watched by the benchmarks."""
CALM = 3.0


@pytest.fixture
async def watched(
    cluster: Cluster, stage: Stage, tmp_path: Path
) -> AsyncIterator[Callable[..., Requests]]:
    """Starts an operator whose requests are counted."""
    async with contextlib.AsyncExitStack() as stack:
        login, requests = await stack.enter_async_context(
            counted(cluster.flavour.kubeconfig, tmp_path)
        )

        def start(**settings: str) -> Requests:
            stack.callback(stage.processes.end)  # Before the proxy, which it would miss.
            stage.processes.start(kubeconfig=login, **settings)
            return requests

        yield start


async def calm(requests: Requests) -> Counter[str]:
    """Wait until nothing has been asked for some seconds; return what was until then."""
    seen = Counter[str]()

    async def still() -> bool:
        nonlocal seen
        seen = requests.counts.copy()
        await asyncio.sleep(CALM)
        return seen == requests.counts

    await eventually(still, bool, what="the operator has nothing to do")
    return seen


async def sweeps(requests: Requests) -> Counter[str]:
    """Return what is asked in the course of two sweeps."""
    before = requests.counts.copy()

    async def asked() -> Counter[str]:
        return requests.since(before)

    return await eventually(asked, lambda it: it["list sqlflowjobs"] >= 2, what="two sweeps")


async def test_a_job_costs_two_objects_and_a_status_for_each_phase_of_a_step(
    stage, standing, watched
):
    """Two steps, each told Pending, Running and Succeeded. Events are apart: begin and end."""
    requests = watched()
    program = "SELECT 1 AS a; SELECT 2 AS a"
    await stage.jobs.submit("two", program, standing, execution="Sequential")
    await stage.jobs.succeed("two")
    writes = Requests.writes(await calm(requests))
    assert writes.pop("patch sqlflowjobs/status") <= 2 * 3
    assert writes == {"create workflows": 1, "create configmaps": 1, "create events": 2}


async def test_an_operator_with_nothing_to_do_asks_for_nothing(stage, standing, watched):
    """Whether its jobs run or are over."""
    requests = watched()
    for name in ("long-1", "long-2"):
        await stage.jobs.submit(name, LONG, standing)
    for name in ("short-1", "short-2"):
        await stage.jobs.submit(name, "SELECT 1 AS a", standing)
    for name in ("short-1", "short-2"):
        await stage.jobs.succeed(name)
    for name in ("long-1", "long-2"):
        await stage.in_phase(name, "Running")
    before = await calm(requests)
    await asyncio.sleep(IDLE)
    assert requests.since(before) == {}


async def test_a_sweep_reads_no_job_that_is_over(stage, standing, watched):
    requests = watched(RESYNC="2")
    await stage.jobs.submit("one", "SELECT 1 AS a", standing)
    await stage.jobs.succeed("one")

    await eventually(
        lambda: sweeps(requests),
        lambda it: set(it) == {"list sqlflowjobs", "list workflows", "list pods"},
        what="sweeps that only list",
    )
