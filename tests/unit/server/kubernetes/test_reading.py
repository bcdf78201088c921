"""What readers see of a step: its status and its log, put together."""

from __future__ import annotations

import json

from sqlflow_server.runners.kubernetes.reading import Heard, Views, view

from sqlflow.transcript import Position, cut
from sqlflow.wire.statuses import Phase
from tests.unit.server.kubernetes.jobs import end, line, snapshot, step, tail

START = Position()


def page(job, heard, position=START):
    views = Views(job, position, lambda step: heard.get(step.index, Heard([])))
    return cut(views, views.end(), position, max_bytes=1 << 20)


def told(page):
    return [
        (r.step, r.attempt, r.seq, json.loads(r.text)["event"] if r.stream == "s" else r.text)
        for r in page.records
    ]


def test_a_step_is_over_when_its_status_says_so_and_its_log_is_complete():
    seen = view(step(), Heard([tail(line(1))]), START)
    assert (seen.phase, seen.elapsed) == (Phase.SUCCEEDED, 2.5)


def test_a_step_that_is_over_is_still_running_to_readers_while_its_log_is_read():
    assert view(step(), Heard([tail(line(1), over=False)]), START).phase is Phase.RUNNING


def test_a_step_that_is_over_and_whose_pod_is_not_seen_yet_is_still_running_to_readers():
    assert view(step(), Heard([]), START).phase is Phase.RUNNING


def test_a_step_whose_log_says_that_it_succeeded_is_over_before_its_status_says_so():
    seen = view(step(Phase.RUNNING), Heard([tail(line(1), end(2))]), START)
    assert seen.phase is Phase.SUCCEEDED


def test_a_step_whose_log_says_that_it_failed_may_be_tried_again():
    seen = view(step(Phase.RUNNING), Heard([tail(end(1, Phase.FAILED))]), START)
    assert seen.phase is Phase.RUNNING


def test_a_step_that_never_ran_has_no_log_to_wait_for():
    assert view(step(Phase.SKIPPED, ran=False), Heard([]), START).phase is Phase.SKIPPED


def test_of_a_pod_that_is_gone_unread_the_loss_is_said():
    job = snapshot(Phase.SUCCEEDED, step())
    assert told(page(job, {1: Heard([], gone=True)})) == [
        (1, 1, 1, "gap"),
        (1, 1, 2, "end"),
        (0, 1, 1, "end"),
    ]


def test_of_a_failed_step_whose_pod_is_gone_unread_the_loss_is_said():
    job = snapshot(Phase.FAILED, step(Phase.FAILED))
    assert told(page(job, {1: Heard([], gone=True)}))[0] == (1, 1, 1, "gap")


def test_of_a_pod_that_went_while_it_was_read_the_loss_is_said_after_what_was_read():
    job = snapshot(Phase.FAILED, step(Phase.FAILED))
    heard = {1: Heard([tail(line(1, "a"), line(2, "b"), torn=True)])}
    assert told(page(job, heard)) == [
        (1, 1, 1, "a"),
        (1, 1, 2, "b"),
        (1, 1, 3, "gap"),
        (1, 1, 4, "end"),
        (0, 1, 1, "end"),
    ]


def test_an_attempt_is_read_to_its_end_before_the_next_one():
    heard = {1: Heard([tail(line(1, "new"), end(2), attempt=2), tail(line(1, "old"), end(2))])}
    first = page(snapshot(Phase.SUCCEEDED, step()), heard)
    assert told(first) == [(1, 1, 1, "old"), (1, 1, 2, "end")]
    second = page(snapshot(Phase.SUCCEEDED, step()), heard, first.position)
    assert told(second) == [(1, 2, 1, "new"), (1, 2, 2, "end"), (0, 1, 1, "end")]


def test_the_end_of_the_job_is_told_when_the_last_step_was_read():
    job = snapshot(Phase.SUCCEEDED, step(), step(index=2))
    heard = {1: Heard([tail(end(1))]), 2: Heard([tail(line(1), over=False)])}
    first = page(job, heard)
    assert (told(first), first.end) == ([(1, 1, 1, "end"), (2, 1, 1, "x")], False)
    heard[2] = Heard([tail(line(1), end(2))])
    second = page(job, heard, first.position)
    assert (told(second), second.end) == ([(2, 1, 2, "end"), (0, 1, 1, "end")], True)


def test_a_job_that_failed_before_it_had_steps_has_its_end_for_a_transcript():
    only = page(snapshot(Phase.FAILED), {})
    assert (told(only), only.end) == ([(0, 1, 1, "end")], True)


def test_a_job_that_has_no_steps_yet_has_nothing_to_tell():
    assert page(snapshot(Phase.PENDING), {}).records == []


def test_only_the_steps_that_a_page_comes_to_are_listened_to():
    asked = []
    job = snapshot(Phase.SUCCEEDED, *(step(index=n) for n in range(1, 5)))
    heard = Heard([tail(line(1), over=False)])
    views = Views(job, START, lambda step: asked.append(step.index) or heard)
    cut(views, views.end(), START, max_bytes=1 << 20)
    assert set(asked) == {1}
