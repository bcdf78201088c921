from __future__ import annotations

import pytest
from sqlflow_server.runners.local import states
from sqlflow_server.runners.local.layout import JobSpec
from sqlflow_server.runners.local.states import JobState

from sqlflow.wire.statuses import Phase
from tests.unit.server.jobs import spec_of, state_of

CHAIN = spec_of((), ("s1",), ("s2",))
DIAMOND = spec_of((), ("s1",), ("s1",), ("s2", "s3"))
WIDE = spec_of((), (), (), parallelism=2)


@pytest.mark.parametrize(
    ("spec", "steps", "expected"),
    [
        (CHAIN, ("Pending", "Pending", "Pending"), [0]),
        (CHAIN, ("Running", "Pending", "Pending"), []),
        (CHAIN, ("Succeeded", "Pending", "Pending"), [1]),
        (CHAIN, ("Succeeded", "Failed", "Pending"), []),
        (CHAIN, ("Succeeded", "Cancelled", "Pending"), []),
        (DIAMOND, ("Succeeded", "Pending", "Pending", "Pending"), [1, 2]),
        (DIAMOND, ("Succeeded", "Succeeded", "Running", "Pending"), []),
        (DIAMOND, ("Succeeded", "Succeeded", "Succeeded", "Pending"), [3]),
        (WIDE, ("Pending", "Pending", "Pending"), [0, 1]),
        (WIDE, ("Pending", "Running", "Pending"), [0]),
        (WIDE, ("Running", "Running", "Pending"), []),
        (WIDE, ("Running", "Failed", "Pending"), []),
    ],
)
def test_a_step_starts_when_what_it_waits_for_is_done_and_a_place_is_free(spec, steps, expected):
    assert states.startable(spec, state_of(*steps)) == expected


def test_nothing_starts_once_the_job_is_being_ended():
    state = state_of("Succeeded", "Pending", "Pending", reason="LeaseExpired")

    assert states.startable(CHAIN, state) == []


@pytest.mark.parametrize(
    "steps",
    [
        ("Succeeded", "Running", "Pending"),
        ("Succeeded", "Succeeded", "Pending"),
        ("Pending", "Pending", "Pending"),
    ],
)
def test_a_job_goes_on_while_a_step_runs_or_can_start(steps):
    assert states.concluded(CHAIN, state_of(*steps), now=5.0) is None


def test_a_failure_waits_for_the_steps_that_run_beside_it():
    assert states.concluded(WIDE, state_of("Failed", "Running", "Pending"), now=5.0) is None


def test_a_job_succeeds_when_all_its_steps_did_even_if_it_was_being_ended():
    state = state_of("Succeeded", "Succeeded", "Succeeded", reason="Cancelled", message="late")
    end = states.concluded(CHAIN, state, now=5.0)

    assert end is not None
    assert (end.phase, end.reason, end.message, end.finished) == (Phase.SUCCEEDED, "", "", 5.0)


def test_a_failed_step_fails_the_job_is_named_and_skips_the_rest():
    state = state_of("Succeeded", "Failed", "Pending").with_step(1, message="no such table")
    end = states.concluded(CHAIN, state, now=5.0)

    assert end is not None
    assert (end.phase, end.reason) == (Phase.FAILED, "StepFailed")
    assert end.message == "step s2, line 20: no such table"
    assert [s.phase for s in end.steps] == [Phase.SUCCEEDED, Phase.FAILED, Phase.SKIPPED]
    assert end.steps[2].reason == "StepFailed"


def test_a_step_that_somebody_else_ended_fails_the_job():
    end = states.concluded(CHAIN, state_of("Cancelled", "Pending", "Pending"), now=5.0)

    assert end is not None
    assert (end.phase, end.reason) == (Phase.FAILED, "StepFailed")
    assert end.message == "step s1, line 10: it was ended from outside"


@pytest.mark.parametrize(
    ("reason", "phase"),
    [
        ("Cancelled", Phase.CANCELLED),
        ("LeaseExpired", Phase.CANCELLED),
        ("DeadlineExceeded", Phase.FAILED),
        ("StorageError", Phase.FAILED),
    ],
)
def test_a_job_that_was_ended_is_called_after_what_ended_it(reason, phase):
    state = state_of("Cancelled", "Pending", "Pending", reason=reason, message="because")
    end = states.concluded(CHAIN, state, now=5.0)

    assert end is not None
    assert (end.phase, end.reason, end.message) == (phase, reason, "because")
    assert [s.phase for s in end.steps] == [Phase.CANCELLED, Phase.SKIPPED, Phase.SKIPPED]


def test_a_reason_that_ends_nothing_is_no_stop():
    assert states.stop_of("StepFailed", "x") is None


def test_states_and_specs_survive_their_files():
    state = state_of("Succeeded", "Failed", reason="StepFailed", started=1.5).with_step(
        1, message="ü\n", attempt=1
    )

    assert JobState.from_json(state.to_json()) == state
    assert JobSpec.from_json(DIAMOND.to_json()) == DIAMOND
