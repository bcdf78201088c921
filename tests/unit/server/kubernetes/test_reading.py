"""What readers see of a step: its status and its log, put together."""

from __future__ import annotations

import json

from sqlflow_server.runners.kubernetes.reading import Lost, Views, view

from sqlflow.transcript import Position, cut
from sqlflow.wire.statuses import Phase
from tests.unit.server.kubernetes.jobs import end, line, snapshot, step, tail

START = Position()


def page(job, heard, position=START):
    views = Views(job, position, lambda step: heard.get(step.index, []))
    return cut(views, views.end(), position, max_bytes=1 << 20)


def told(page):
    return [
        (r.step, r.attempt, r.seq, json.loads(r.text)["event"] if r.stream == "s" else r.text)
        for r in page.records
    ]


def test_a_step_is_over_when_its_status_says_so_and_its_log_is_complete():
    seen = view(step(), [tail(line(1))], START)
    assert (seen.phase, seen.elapsed) == (Phase.SUCCEEDED, 2.5)


def test_a_step_that_is_over_is_still_running_to_readers_while_its_log_is_read():
    assert view(step(), [tail(line(1), over=False)], START).phase is Phase.RUNNING


def test_a_step_that_is_over_and_whose_pod_is_not_seen_yet_is_still_running_to_readers():
    assert view(step(), [], START).phase is Phase.RUNNING


def test_a_step_whose_log_says_that_it_succeeded_is_over_before_its_status_says_so():
    seen = view(step(Phase.RUNNING), [tail(line(1), end(2))], START)
    assert seen.phase is Phase.SUCCEEDED


def test_a_step_whose_log_says_that_it_failed_may_be_tried_again():
    seen = view(step(Phase.RUNNING), [tail(end(1, Phase.FAILED))], START)
    assert seen.phase is Phase.RUNNING


def test_a_step_that_never_ran_has_no_log_to_wait_for():
    assert view(step(Phase.SKIPPED, ran=False), [], START).phase is Phase.SKIPPED


def test_of_a_pod_that_is_gone_unread_the_loss_is_said():
    job = snapshot(Phase.SUCCEEDED, step())
    assert told(page(job, {1: [Lost.of(1)]})) == [
        (1, 1, 1, "gap"),
        (1, 1, 2, "end"),
        (0, 1, 1, "end"),
    ]


def test_of_a_failed_step_whose_pod_is_gone_unread_the_loss_is_said():
    job = snapshot(Phase.FAILED, step(Phase.FAILED))
    assert told(page(job, {1: [Lost.of(1)]}))[0] == (1, 1, 1, "gap")


def test_of_a_pod_that_went_while_it_was_read_the_loss_is_said_after_what_was_read():
    job = snapshot(Phase.FAILED, step(Phase.FAILED))
    heard = {1: [tail(line(1, "a"), line(2, "b"), torn=True)]}
    assert told(page(job, heard)) == [
        (1, 1, 1, "a"),
        (1, 1, 2, "b"),
        (1, 1, 3, "gap"),
        (1, 1, 4, "end"),
        (0, 1, 1, "end"),
    ]


def test_an_attempt_is_read_to_its_end_before_the_next_one():
    heard = {1: [tail(line(1, "new"), end(2), attempt=2), tail(line(1, "old"), end(2))]}
    first = page(snapshot(Phase.SUCCEEDED, step()), heard)
    assert told(first) == [(1, 1, 1, "old"), (1, 1, 2, "end")]
    second = page(snapshot(Phase.SUCCEEDED, step()), heard, first.position)
    assert told(second) == [(1, 2, 1, "new"), (1, 2, 2, "end"), (0, 1, 1, "end")]


def read_on(job, heard, position=START):
    """All that a reader is told until nothing new comes."""
    found = []
    while (now := page(job, heard, position)).position != position:
        found += told(now)
        position = now.position
    return found


def test_an_attempt_that_was_killed_gets_an_end_and_no_gap_before_the_next_one():
    heard = {1: [tail(line(1, "old")), tail(line(1, "new"), end(2), attempt=2)]}
    assert read_on(snapshot(Phase.SUCCEEDED, step()), heard) == [
        (1, 1, 1, "old"),
        (1, 1, 2, "end"),
        (1, 2, 1, "new"),
        (1, 2, 2, "end"),
        (0, 1, 1, "end"),
    ]


def test_an_attempt_whose_pod_went_while_it_was_read_gets_a_gap_before_its_end():
    heard = {1: [tail(line(1, "old"), torn=True), tail(end(1), attempt=2)]}
    assert read_on(snapshot(Phase.SUCCEEDED, step()), heard) == [
        (1, 1, 1, "old"),
        (1, 1, 2, "gap"),
        (1, 1, 3, "end"),
        (1, 2, 1, "end"),
        (0, 1, 1, "end"),
    ]


def test_an_attempt_that_is_over_is_not_left_before_its_log_is_read():
    heard = {1: [tail(line(1, "old"), over=False), tail(end(1), attempt=2)]}
    assert read_on(snapshot(Phase.SUCCEEDED, step()), heard) == [(1, 1, 1, "old")]


def test_every_attempt_is_read_in_its_turn():
    heard = {1: [tail(line(1, f"try {n}"), attempt=n) for n in (3, 1, 2)]}
    found = read_on(snapshot(Phase.FAILED, step(Phase.FAILED)), heard)
    assert [it[1:] for it in found] == [
        (1, 1, "try 1"),
        (1, 2, "end"),
        (2, 1, "try 2"),
        (2, 2, "end"),
        (3, 1, "try 3"),
        (3, 2, "end"),
        (1, 1, "end"),
    ]


def test_of_an_earlier_attempt_that_is_gone_unread_the_loss_is_said():
    heard = {1: [tail(line(1, "new"), end(2), attempt=2)]}
    assert read_on(snapshot(Phase.SUCCEEDED, step()), heard)[:3] == [
        (1, 1, 1, "gap"),
        (1, 1, 2, "end"),
        (1, 2, 1, "new"),
    ]


def test_of_a_last_attempt_that_is_gone_unread_the_loss_is_said_after_the_one_before_it():
    heard = {1: [tail(line(1, "old"), end(2, Phase.FAILED)), Lost.of(2)]}
    assert read_on(snapshot(Phase.FAILED, step(Phase.FAILED, attempt=2)), heard) == [
        (1, 1, 1, "old"),
        (1, 1, 2, "end"),
        (1, 2, 1, "gap"),
        (1, 2, 2, "end"),
        (0, 1, 1, "end"),
    ]


def test_a_step_is_not_over_before_its_last_attempt_was_seen():
    heard = [tail(line(1, "old"), end(2, Phase.FAILED))]
    assert view(step(Phase.FAILED, attempt=2), heard, START).phase is Phase.RUNNING


def test_the_end_of_the_job_is_told_when_the_last_step_was_read():
    job = snapshot(Phase.SUCCEEDED, step(), step(index=2))
    heard = {1: [tail(end(1))], 2: [tail(line(1), over=False)]}
    first = page(job, heard)
    assert (told(first), first.end) == ([(1, 1, 1, "end"), (2, 1, 1, "x")], False)
    heard[2] = [tail(line(1), end(2))]
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

    def heard(step):
        asked.append(step.index)
        return [tail(line(1), over=False)]

    views = Views(job, START, heard)
    cut(views, views.end(), START, max_bytes=1 << 20)
    assert set(asked) == {1}
