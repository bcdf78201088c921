"""The probe: it notices what a process that answers does not show."""

from __future__ import annotations

from sqlflow_operator.liveness import Watches, problems

PODS = ("pods", "")


def test_an_operator_whose_watches_hear_what_is_listed_is_well():
    watches = Watches()
    watches.heard(PODS, "12")
    watches.listed(PODS, 12, now=0)
    assert problems(watches=watches, held=0, now=1000) == []


def test_a_watch_that_never_hears_of_what_was_listed_is_dead():
    watches = Watches()
    watches.heard(PODS, "11")
    watches.listed(PODS, 12, now=0)
    assert problems(watches=watches, held=0, now=120) == []
    assert problems(watches=watches, held=0, now=121) == ["the watch of pods is dead"]


def test_a_late_event_shows_that_a_watch_lives():
    watches = Watches()
    watches.listed(PODS, 12, now=0)
    watches.heard(PODS, "13")
    assert problems(watches=watches, held=0, now=1000) == []


def test_an_older_event_does_not():
    watches = Watches()
    watches.listed(PODS, 12, now=0)
    watches.heard(PODS, "11")
    assert watches.dead(1000) == ["pods"]


def test_a_later_list_gives_no_new_grace():
    watches = Watches()
    watches.listed(PODS, 12, now=0)
    watches.listed(PODS, 20, now=100)
    assert watches.dead(121) == ["pods"]


def test_the_watch_of_one_kind_says_nothing_of_another():
    watches = Watches()
    watches.listed(PODS, 12, now=0)
    watches.heard(("workflows", ""), "99")
    assert watches.dead(1000) == ["pods"]


def test_the_watch_of_one_namespace_says_nothing_of_another():
    watches = Watches()
    watches.listed(("pods", "jobs"), 12, now=0)
    watches.heard(("pods", "more-jobs"), "99")
    assert watches.dead(1000) == ["pods in jobs"]


def test_a_worker_that_hangs_is_noticed():
    assert problems(watches=Watches(), held=301, now=0) == [
        "a worker has looked at one job for 301 s"
    ]
