import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlflow.wire import statuses
from sqlflow.wire.statuses import Event, Phase, Status

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@given(
    st.sampled_from(list(Event)),
    st.text(),
    st.dictionaries(st.text(), SCALARS | st.dictionaries(st.text(), SCALARS)),
)
def test_a_status_comes_back_as_it_was(event, text, details):
    status = Status(event, text, details)
    assert statuses.parse(status.to_json()) == status


def test_a_status_is_a_small_json_object():
    status = Status(Event.PROGRESS, "round 3", {"unit": "round", "done": 3, "metrics": {"é": 0.5}})
    assert status.to_json() == (
        '{"event": "progress", "text": "round 3", '
        '"details": {"unit": "round", "done": 3, "metrics": {"é": 0.5}}}'
    )


def test_what_is_empty_is_left_out():
    assert Status(Event.BEGIN).to_json() == '{"event": "begin"}'


def test_an_event_of_a_later_version_is_passed_over():
    assert statuses.parse('{"event": "applause", "text": "well done"}') is None


@pytest.mark.parametrize("text", ["[]", "17", '"end"', "{}", '{"event": 1}', "not json", ""])
def test_what_is_no_status_is_refused(text):
    with pytest.raises(ValueError, match=r"not a status event|Expecting value"):
        statuses.parse(text)


@pytest.mark.parametrize("details", ["17", '"x"', "[1]", "null"])
def test_details_of_another_shape_are_refused(details):
    with pytest.raises(ValueError, match="not a status event"):
        statuses.parse(f'{{"event": "end", "details": {details}}}')


def test_nesting_that_no_parser_bears_is_refused():
    # From Python 3.13 on the parser bears it, and finds what is wrong at its end.
    with pytest.raises(ValueError, match=r"not a status event|Expecting value"):
        statuses.parse('{"event": ' + "[" * 5000)


def test_an_end_says_what_is_known():
    assert statuses.end(Phase.SUCCEEDED, exit_code=0, elapsed=1.5).to_json() == (
        '{"event": "end", "details": {"phase": "Succeeded", "exit_code": 0, "elapsed": 1.5}}'
    )
    assert statuses.end(
        Phase.FAILED, reason="Killed", text="out of memory", signal="SIGKILL"
    ).to_json() == (
        '{"event": "end", "text": "out of memory", '
        '"details": {"phase": "Failed", "reason": "Killed", "signal": "SIGKILL"}}'
    )


def test_a_gap_names_the_lost_records():
    assert statuses.gap(4, 4) == Status(Event.GAP, "record 4 is lost", {"first": 4, "last": 4})
    assert statuses.gap(4, 9) == Status(
        Event.GAP, "records 4 to 9 are lost", {"first": 4, "last": 9}
    )
    assert statuses.gap(4) == Status(Event.GAP, "records from 4 on are lost", {"first": 4})


def test_pending_and_running_are_the_only_phases_that_something_follows():
    assert [phase for phase in Phase if not phase.final] == [Phase.PENDING, Phase.RUNNING]
