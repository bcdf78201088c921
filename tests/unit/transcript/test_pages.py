"""The transcript of a job as its readers see it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlflow.transcript import JobEnd, Position, StepView, cut, following
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Phase
from tests.unit.transcript.spoken import (
    PAGE,
    SUCCEEDED,
    MemoryLog,
    begin,
    end,
    line,
    pages,
    read_all,
    said,
    told,
    view,
)

ROWS, TEXT = frozenset({Stream.ROW}), frozenset({Stream.STDOUT})


def test_steps_come_in_the_order_of_the_program_and_the_end_of_the_job_last():
    steps = [view(said("one")), view(said("two"), index=2)]
    assert told(read_all(steps)) == [
        "1:1 <begin>",
        "1:2 one",
        "1:3 <end Succeeded>",
        "2:1 <begin>",
        "2:2 two",
        "2:3 <end Succeeded>",
        "0:1 <end Succeeded>",
    ]


def test_a_step_that_runs_holds_back_the_one_that_is_ahead_of_it():
    steps = [view(begin(), Phase.RUNNING), view(said("early"), index=2)]
    assert told(read_all(steps, None)) == ["1:1 <begin>"]


def test_only_the_last_page_is_the_end():
    found = pages([view(said("x" * 5000, "y" * 5000))], max_bytes=6000)
    assert [page.end for page in found] == [False, True]


def test_the_token_of_the_end_gives_the_end_again_and_nothing_more():
    steps = [view(said("one"))]
    last = pages(steps)[-1].position
    again = cut(steps, SUCCEEDED, last, max_bytes=PAGE)
    assert (again.records, again.position, again.end) == ([], last, True)


def test_a_job_of_which_nothing_is_known_yet_has_an_empty_page():
    page = cut([], None, Position(), max_bytes=PAGE)
    assert (page.records, page.position, page.end) == ([], Position(), False)


def test_nothing_new_leaves_the_position_as_it_was():
    steps = [view(begin() + line(2, "x"), Phase.RUNNING)]
    at = pages(steps, None)[-1].position
    assert cut(steps, None, at, max_bytes=PAGE).position == at


@given(
    st.lists(st.lists(st.text(max_size=30), max_size=8), min_size=1, max_size=4),
    st.integers(1, 400),
)
def test_pages_of_any_size_make_the_same_transcript(texts, max_bytes):
    steps = [view(said(*said_by), index=i) for i, said_by in enumerate(texts, start=1)]
    assert read_all(steps, max_bytes=max_bytes) == read_all(steps, max_bytes=10**6)


@given(st.binary(max_size=40), st.data())
def test_a_log_that_grows_makes_the_transcript_of_the_grown_one(noise, data):
    """However a reader meets the growing log, it reads what one reads who comes late."""
    whole = begin() + line(2, "a" * 40) + noise + b"\n" + line(3, "é\u2028") + line(4, "b") + end(5)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    log, at, found = MemoryLog(b""), Position(), []
    for length in [*cuts, len(whole)]:
        log.data = whole[:length]
        run = pages([view(log, Phase.RUNNING)], None, at, max_bytes=data.draw(st.integers(1, 300)))
        found += [record for page in run for record in page.records]
        at = run[-1].position
    found += read_all([view(log)], SUCCEEDED, at)
    assert found == read_all([view(whole)])


def test_the_same_position_gives_the_same_page_or_a_longer_one():
    short = said("one", "two")[: -len(end(4))]
    at = pages([view(begin(), Phase.RUNNING)], None)[-1].position
    before = cut([view(short, Phase.RUNNING)], None, at, max_bytes=PAGE).records
    after = cut([view(said("one", "two"))], None, at, max_bytes=PAGE).records
    assert told(before) == ["1:2 one", "1:3 two"]
    assert after[:2] == before


@pytest.mark.parametrize("max_bytes", [1, 100, 8192, 20_000, 70_000])
def test_a_page_is_not_longer_than_asked_but_for_its_first_record(max_bytes):
    texts = [character * 3000 for character in "abcdefgh"]
    for page in pages([view(said(*texts))], max_bytes=max_bytes):
        size = sum(len(record.text) for record in page.records)
        assert size <= max_bytes or len(page.records) == 1


def test_a_piece_says_that_the_next_one_goes_on():
    log = begin() + b'sf1 2 o+ "first "\nsf1 3 o$ "second"\n' + end(4)
    assert [record.more for record in read_all([view(log)])] == [False, True, False, False, False]


# Streams


def test_only_the_streams_that_are_asked_for_are_read():
    log = begin() + line(2, "text") + line(3, "[[1]]", Stream.ROW) + line(4, "err", Stream.STDERR)
    steps = [view(log + end(5))]
    assert told(read_all(steps, streams=ROWS)) == ["1:3 [[1]]"]
    assert told(read_all(steps, streams=TEXT)) == ["1:2 text"]
    assert pages(steps, streams=ROWS)[-1].end


def test_what_is_filtered_out_is_passed_in_bounded_steps():
    filler = begin() + b"".join(line(seq, "x" * 8000) for seq in range(2, 1202))
    log = MemoryLog(filler + line(1202, "[[1]]", Stream.ROW) + end(1203))
    found = pages([view(log)], streams=ROWS)
    assert [len(page.records) for page in found] == [0, 0, 1]
    assert told(found[-1].records) == ["1:1202 [[1]]"]
    assert log.bytes_read <= log.size * 1.2


def test_the_payload_of_another_stream_is_not_decoded(monkeypatch):
    decoded, decode = list[bytes](), frames.decode

    def noted(line: bytes) -> frames.Frame | None:
        decoded.append(line)
        return decode(line)

    monkeypatch.setattr(frames, "decode", noted)
    text, row = line(2, "text"), line(3, "[[1]]", Stream.ROW)
    read_all([view(begin() + text + row + end(4))], streams=TEXT)
    assert decoded == [begin().rstrip(), text.rstrip(), end(4).rstrip()]


# Losses


@pytest.mark.parametrize("max_bytes", [1, PAGE])
@pytest.mark.parametrize(
    ("kept", "gap"),
    [((1, 3, 4), "1:2 <gap 2 2>"), ((1, 4), "1:3 <gap 2 3>"), ((3, 4), "1:2 <gap 1 2>")],
)
def test_a_hole_in_the_numbers_is_said(kept, gap, max_bytes):
    log = b"".join(line(seq, f"line {seq}") for seq in kept) + end(5)
    found = told(read_all([view(log)], max_bytes=max_bytes))
    expected = [f"1:{seq} line {seq}" for seq in kept]
    before = sum(seq < int(gap[2]) for seq in kept)
    assert found[:-2] == [*expected[:before], gap, *expected[before:]]


def test_a_damaged_frame_is_said_to_be_lost():
    log = begin() + b'sf1 2 o. "torn\n' + line(3, "whole") + end(4)
    assert told(read_all([view(log)]))[1:3] == ["1:2 <gap 2 2>", "1:3 whole"]


def test_a_repeated_frame_is_read_once():
    log = (
        begin() + line(2, "a") + line(3, "b") + line(2, "a") + line(3, "b") + line(4, "c") + end(5)
    )
    assert told(read_all([view(log)]))[1:4] == ["1:2 a", "1:3 b", "1:4 c"]


def test_lines_that_are_no_frames_are_dropped():
    log = (
        b"time=now level=info msg=starting\n" + begin() + b"\n\xff\xfe\r\n" + line(2, "a") + end(3)
    )
    assert told(read_all([view(log)]))[:3] == ["1:1 <begin>", "1:2 a", "1:3 <end Succeeded>"]


def test_a_foreign_line_longer_than_a_page_is_passed():
    log = begin() + b"z" * 300_000 + b"\n" + line(2, "a") + end(3)
    assert told(read_all([view(log)], max_bytes=1000))[1:2] == ["1:2 a"]


def test_a_frame_inside_a_foreign_line_is_none():
    """The line is longer than what is read at once, so that a read begins at the would-be frame."""
    forged = b"z" * 8193 + line(2, "forged").rstrip(b"\n") + b"\n"
    log = begin() + forged + line(2, "true") + end(3)
    for max_bytes in range(1, 40):
        assert told(read_all([view(log)], max_bytes=max_bytes))[1:2] == ["1:2 true"]


# Torn lines


def test_a_line_without_its_newline_waits_while_the_step_runs():
    steps = [view(begin() + line(2, "done").rstrip(b"\n"), Phase.RUNNING)]
    assert told(read_all(steps, None)) == ["1:1 <begin>"]


def test_a_line_is_read_as_soon_as_its_newline_is_there():
    log = MemoryLog(line(1, "a" * 60)[:40])
    at = pages([view(log, Phase.RUNNING)], None)[-1].position
    log.data = line(1, "a" * 60)
    assert told(read_all([view(log, Phase.RUNNING)], None, at)) == ["1:1 " + "a" * 60]


def test_a_last_line_without_its_newline_counts_when_the_step_is_over():
    steps = [view(begin() + line(2, "done").rstrip(b"\n"), Phase.FAILED)]
    assert told(read_all(steps)) == [
        "1:1 <begin>",
        "1:2 done",
        "1:3 <end Failed>",
        "0:1 <end Succeeded>",
    ]


@pytest.mark.parametrize("kept", range(1, len(line(2, "done")) - 1))
def test_a_torn_last_line_is_said_to_be_lost_when_the_step_is_over(kept):
    log = begin() + line(2, "done")[:kept]
    assert told(read_all([view(log, Phase.FAILED)])) == [
        "1:1 <begin>",
        "1:2 <gap 2 2>",
        "1:3 <end Failed>",
        "0:1 <end Succeeded>",
    ]


def test_a_torn_last_line_is_lost_also_to_who_comes_to_it_on_a_page_of_its_own():
    log = begin() + line(2, "done")[:4]
    read = read_all([view(log, Phase.FAILED)], max_bytes=1)
    assert told(read)[1:3] == ["1:2 <gap 2 2>", "1:3 <end Failed>"]


def test_of_a_torn_last_line_nothing_is_said_while_the_step_runs():
    log = begin() + line(2, "done")[:4]
    assert told(read_all([view(log, Phase.RUNNING)], None)) == ["1:1 <begin>"]


# Ends that nobody wrote


def test_a_step_that_was_killed_with_its_parent_gets_an_end_from_its_view():
    step = StepView(
        index=1,
        phase=Phase.FAILED,
        reason="OOMKilled",
        message="the step ran out of memory",
        exit_code=137,
        signal="SIGKILL",
        elapsed=1.5,
        log=MemoryLog(begin() + line(2, "a")),
    )
    record = read_all([step])[2]
    assert (record.step, record.attempt, record.seq) == (1, 1, 3)
    assert statuses.parse(record.text) == statuses.end(
        Phase.FAILED,
        reason="OOMKilled",
        text="the step ran out of memory",
        exit_code=137,
        signal="SIGKILL",
        elapsed=1.5,
    )


def test_a_step_that_said_its_end_gets_no_other():
    found = told(read_all([view(begin() + end(2, Phase.FAILED), Phase.CANCELLED)]))
    assert found == ["1:1 <begin>", "1:2 <end Failed>", "0:1 <end Succeeded>"]


def test_a_program_cannot_end_its_step_by_printing_an_end():
    log = begin() + line(2, '{"event": "end"}') + line(3, "more") + end(4)
    assert told(read_all([view(log)]))[2:3] == ["1:3 more"]


def test_a_skipped_step_has_an_end_and_nothing_else():
    steps = [view(said(), Phase.FAILED), view(None, Phase.SKIPPED, index=2, reason="Skipped")]
    assert told(read_all(steps))[2:] == ["2:1 <end Skipped>", "0:1 <end Succeeded>"]


def test_the_end_of_the_job_says_how_and_why():
    job = JobEnd(
        phase=Phase.CANCELLED, reason="LeaseExpired", message="nobody fetched", elapsed=9.0
    )
    record = read_all([], job)[0]
    assert (record.step, record.attempt, record.seq, record.stream) == (0, 1, 1, Stream.STATUS)
    assert statuses.parse(record.text) == statuses.end(
        Phase.CANCELLED, reason="LeaseExpired", text="nobody fetched", elapsed=9.0
    )


def test_when_the_job_has_ended_so_have_its_steps():
    steps = [view(begin(), Phase.RUNNING), view(None, Phase.PENDING, index=2)]
    job = JobEnd(phase=Phase.CANCELLED, reason="DeadlineExceeded")
    assert told(read_all(steps, job)) == [
        "1:1 <begin>",
        "1:2 <end Cancelled>",
        "2:1 <end Skipped>",
        "0:1 <end Cancelled>",
    ]


# Attempts


def test_a_later_attempt_follows_the_end_of_the_earlier_one():
    first = MemoryLog(begin() + end(2, Phase.FAILED), attempt=1, source="a")
    second = MemoryLog(said("again"), attempt=2, source="b")
    at = pages([view(first, Phase.RUNNING)], None)[-1].position
    found = read_all([view(second)], SUCCEEDED, at)
    assert told(found)[:3] == ["1:1 <begin>", "1:2 again", "1:3 <end Succeeded>"]
    assert [record.attempt for record in found] == [2, 2, 2, 1]


def test_the_end_of_an_attempt_is_not_the_end_of_a_step_that_is_tried_again():
    steps = [view(begin() + end(2, Phase.FAILED), Phase.RUNNING), view(said("next"), index=2)]
    assert told(read_all(steps, None)) == ["1:1 <begin>", "1:2 <end Failed>"]


def test_what_was_not_read_of_an_earlier_attempt_is_said_to_be_lost():
    at = pages([view(begin() + line(2, "a"), Phase.RUNNING)], None)[-1].position
    second = MemoryLog(said("again"), attempt=2, source="b")
    found = read_all([view(second)], SUCCEEDED, at)
    assert told(found)[:3] == ["1:3 <gap 3>", "1:1 <begin>", "1:2 again"]
    assert [record.attempt for record in found[:3]] == [1, 2, 2]


def test_an_attempt_that_did_not_say_its_end_gets_one_when_another_one_follows_it():
    log = MemoryLog(begin() + line(2, "a"))
    step = StepView(index=1, phase=Phase.RUNNING, reason="of the next", log=log, retried=True)
    [page, again] = pages([step], None)
    assert told(page.records) == ["1:1 <begin>", "1:2 a", "1:3 <end Failed>"]
    assert statuses.parse(page.records[2].text) == statuses.end(Phase.FAILED)
    assert (again.records, again.position) == ([], page.position)


def test_what_is_torn_off_an_attempt_is_said_before_its_end():
    log = MemoryLog(begin() + line(2, "a"))
    step = StepView(index=1, phase=Phase.RUNNING, log=log, retried=True, torn=True)
    found = read_all([step], None)
    assert told(found)[2:] == ["1:3 <gap 3>", "1:4 <end Failed>"]


def test_an_attempt_that_said_its_end_gets_no_other_when_another_one_follows_it():
    log = MemoryLog(begin() + end(2, Phase.FAILED))
    step = StepView(index=1, phase=Phase.RUNNING, log=log, retried=True)
    assert told(read_all([step], None)) == ["1:1 <begin>", "1:2 <end Failed>"]


def test_a_reader_who_comes_late_begins_with_the_latest_attempt():
    second = MemoryLog(said("again"), attempt=2)
    assert told(read_all([view(second)]))[:2] == ["1:1 <begin>", "1:2 again"]


def test_an_attempt_before_the_one_that_is_read_is_not_read_again():
    """A server that lags behind shows the log of an attempt that is over."""
    at = Position(step=1, attempt=2, seq=1)
    first = MemoryLog(said("first"), attempt=1)
    assert read_all([view(first, Phase.RUNNING)], None, at) == []


# Logs that change under their readers


def test_a_log_that_vanished_is_waited_for_while_the_step_runs():
    at = pages([view(begin(), Phase.RUNNING)], None)[-1].position
    assert pages([view(None, Phase.RUNNING)], None, at)[-1].position == at


def test_a_log_that_vanished_is_a_loss_when_the_step_is_over():
    at = pages([view(begin(), Phase.RUNNING)], None)[-1].position
    found = read_all([view(None, Phase.FAILED)], SUCCEEDED, at)
    assert told(found) == ["1:2 <gap 2>", "1:3 <end Failed>", "0:1 <end Succeeded>"]


def test_gap_and_end_of_a_vanished_log_stay_together_on_small_pages():
    at = pages([view(begin(), Phase.RUNNING)], None)[-1].position
    found = pages([view(None, Phase.FAILED)], SUCCEEDED, at, max_bytes=1)
    assert [told(page.records) for page in found] == [
        ["1:2 <gap 2>", "1:3 <end Failed>"],
        ["0:1 <end Succeeded>"],
    ]


def test_a_step_that_succeeded_must_have_said_something():
    assert told(read_all([view(None)]))[:2] == ["1:1 <gap 1>", "1:2 <end Succeeded>"]


def test_an_emptied_log_is_a_loss_too():
    at = pages([view(begin(), Phase.RUNNING)], None)[-1].position
    assert told(read_all([view(b"", Phase.FAILED)], SUCCEEDED, at))[:1] == ["1:2 <gap 2>"]
    assert told(read_all([view(b"")]))[:2] == ["1:1 <gap 1>", "1:2 <end Succeeded>"]


def test_a_step_that_never_began_has_lost_nothing():
    assert told(read_all([view(None, Phase.FAILED)]))[:1] == ["1:1 <end Failed>"]


@pytest.mark.parametrize("max_bytes", [1, 200, PAGE])
def test_any_offset_leads_to_the_same_records(max_bytes):
    """An offset is a hint: wrong ones cost time and nothing else."""
    log = said("sf1 3 o. ", '"', "\\", "é", "sf1 4 s. {}", "last")
    for seq in range(9):
        expected = read_all([view(log)], None, Position(seq=seq, source="a"))
        for offset in range(len(log) + 20):
            at = Position(seq=seq, offset=offset, source="a")
            assert read_all([view(log)], None, at, max_bytes=max_bytes) == expected


def test_another_log_of_the_same_attempt_is_read_by_number():
    """A spool that was filled anew lacks what was rotated away, so its offsets differ."""
    at = pages([view(begin() + line(2, "a") + line(3, "b"), Phase.RUNNING)], None)[-1].position
    other = MemoryLog(line(3, "b") + line(4, "c") + line(5, "d") + end(6), source="b")
    assert told(read_all([view(other)], None, at)) == ["1:4 c", "1:5 d", "1:6 <end Succeeded>"]


def test_an_offset_in_another_log_holds_nothing_up():
    """It may lie behind what is to be read, and no frame would follow to show it."""
    other = MemoryLog(b"\n" * 100 + begin() + line(2, "a") + line(3, "b"), source="b")
    at = Position(seq=2, offset=other.size, source="a")
    assert told(read_all([view(other, Phase.RUNNING)], None, at)) == ["1:3 b"]


def test_a_log_shorter_than_the_position_ends_all_the_same():
    at = Position(seq=50, offset=5000, source="a")
    found = pages([view(said("a"))], SUCCEEDED, at)
    assert [text for page in found for text in told(page.records)] == [
        "1:51 <end Succeeded>",
        "0:1 <end Succeeded>",
    ]
    assert len(found) == 1


def test_a_log_shorter_than_the_position_is_looked_through_once():
    log = MemoryLog(said("a" * 5000)[: -len(end(3))])
    at = Position(seq=50, offset=50_000, source="a")
    at = pages([view(log, Phase.RUNNING)], None, at)[-1].position
    log.reads.clear()
    assert pages([view(log, Phase.RUNNING)], None, at)[-1].position == at
    assert log.bytes_read == 1


def test_a_real_gap_behind_a_right_offset_is_found_in_one_look_through_the_log():
    log = MemoryLog(begin() + b"".join(line(seq, "x" * 100) for seq in range(2, 3000)))
    at = pages([view(log, Phase.RUNNING)], None)[-1].position
    log.data += line(3005, "after") + end(3006)
    log.reads.clear()
    assert told(read_all([view(log)], None, at))[:2] == ["1:3004 <gap 3000 3004>", "1:3005 after"]
    assert log.bytes_read < log.size * 1.5


def test_a_gap_is_passed_wherever_a_look_ends(monkeypatch):
    """Else a look that ends right before the gap would begin anew for ever."""
    monkeypatch.setattr(following, "MAX_SCAN", 20_000)
    after = "y" * 1000
    for count in range(2, 60):
        log = begin() + b"".join(line(seq, "x" * 1000) for seq in range(2, count))
        at = Position(seq=count - 1, offset=len(log), source="a")
        steps = [view(log + line(count + 1, after) + end(count + 2))]
        found = read_all(steps, None, at, max_bytes=1)
        assert told(found)[:2] == [f"1:{count} <gap {count} {count}>", f"1:{count + 1} {after}"]
