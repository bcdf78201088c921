"""The statements of jobs, planned once for each job and never on the event loop."""

from __future__ import annotations

import threading

import pytest
from sqlflow_server.runners.kubernetes import outlines
from sqlflow_server.runners.kubernetes.outlines import Outlines

from sqlflow.plan import plan_program
from tests.unit.server.kubernetes.jobs import job_of

TWO = (("s01-select", "standard", "SELECT 1"), ("s02-select", "standard", "SELECT 2"))


@pytest.fixture
def threads(monkeypatch):
    """In which threads programs are planned."""
    found = []

    def plan(*args, **kwargs):
        found.append(threading.current_thread())
        return plan_program(*args, **kwargs)

    monkeypatch.setattr(outlines, "plan_program", plan)
    return found


async def test_a_program_is_planned_once_and_in_a_thread_of_its_own(threads):
    known, job = Outlines(), job_of("SELECT 1;\n  SELECT  2")
    assert [await known.of(job) for _ in range(3)] == [TWO] * 3
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


async def test_what_was_planned_already_is_not_planned_again(threads):
    known, job = Outlines(), job_of()
    program = plan_program("SELECT 1; SELECT 2", dialect="mysql", shared_files=False)
    assert known.put(job, program) == TWO
    assert await known.of(job) == TWO
    assert threads == []


async def test_of_a_program_that_stands_elsewhere_nothing_is_known(threads):
    reference = {"programFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}
    assert await Outlines().of(job_of(None, spec=reference)) == ()
    assert threads == []


async def test_of_a_program_that_can_not_be_planned_nothing_is_known_and_it_is_not_tried_again(
    threads,
):
    known, job = Outlines(), job_of("SELECT 'open")
    assert [await known.of(job) for _ in range(2)] == [(), ()]
    assert len(threads) == 1


async def test_a_job_of_the_same_name_that_came_later_has_its_own(threads):
    known = Outlines()
    await known.of(job_of())
    known.forget("u1")
    later = job_of("SELECT 3", metadata={"uid": "u2"})
    assert await known.of(later) == (("s01-select", "standard", "SELECT 3"),)
