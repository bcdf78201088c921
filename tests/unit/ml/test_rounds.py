"""A line a round."""

from __future__ import annotations

import pytest

from sqlflow.ml.rounds import EACH, QUIET, THINNED, Rounds


def lines(report, **settings):
    rounds = Rounds(report=report, unit="round", **settings)
    for done in range(1, settings["total"] + 1):
        rounds.over(done, {"train_rmse": 0.25})
    return report.lines


def test_the_text_counts_from_zero_and_the_event_from_one(lab):
    Rounds(report=lab.report, unit="round", total=5).over(1, {"train_rmse": 0.1234567, "b": 2})

    assert lab.report.lines == ["epoch 0, train_rmse = 0.123457, b = 2"]
    assert lab.report.events == [
        {"unit": "round", "done": 1, "total": 5, "metrics": {"train_rmse": 0.1234567, "b": 2}}
    ]


@pytest.mark.parametrize(
    ("total", "verbose", "count"),
    [(100, THINNED, 100), (1000, THINNED, 101), (1000, EACH, 1000), (10, QUIET, 0)],
)
def test_long_trainings_are_thinned_out(lab, total, verbose, count):
    assert len(lines(lab.report, total=total, verbose=verbose)) == count


def test_the_first_and_the_last_round_are_always_shown(lab):
    found = lines(lab.report, total=1001)

    assert found[0].startswith("epoch 0,")
    assert found[-1].startswith("epoch 1000,")
