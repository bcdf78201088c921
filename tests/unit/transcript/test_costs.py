"""What reading costs, in bytes: counts, which no clock can blur."""

import math

import pytest

from sqlflow.transcript import ALL_STREAMS, Position, cut
from sqlflow.wire.frames import MAX_LINE, Stream
from sqlflow.wire.statuses import Phase
from tests.unit.transcript.spoken import PAGE, SUCCEEDED, MemoryLog, begin, line, pages, said, view

KIB = 1024


def log_of(size: int, *, length: int) -> MemoryLog:
    texts = ["x" * length] * (size // (length + 16))
    return MemoryLog(said(*texts))


@pytest.mark.parametrize("length", [20, 200, 8000])
def test_each_byte_is_read_once(length):
    """But for the torn line at the end of a page, which is shorter than the longest line."""
    log = log_of(4 * 1024 * KIB, length=length)
    found = pages([view(log)], max_bytes=256 * KIB)
    assert log.size <= log.bytes_read <= log.size + len(found) * (MAX_LINE + 1)
    assert log.bytes_read <= log.size * 1.04


def test_reading_grows_with_the_log_and_no_faster():
    read = []
    for size in (512 * KIB, 1024 * KIB, 2048 * KIB):
        log = log_of(size, length=100)
        pages([view(log)], max_bytes=PAGE)
        read.append(log.bytes_read)
    assert math.log2(read[2] / read[0]) / 2 <= 1.02


def test_a_page_costs_the_same_at_the_end_of_a_log_as_at_its_beginning():
    log = log_of(2048 * KIB, length=100)
    costs = []
    at = Position()
    while at.step == 1:
        log.reads.clear()
        at = cut([view(log)], SUCCEEDED, at, max_bytes=PAGE).position
        costs.append(log.bytes_read)
    assert max(costs) <= PAGE + MAX_LINE


def test_a_poll_with_nothing_new_reads_one_byte():
    log = MemoryLog(begin() + b"".join(line(seq, "x" * 100) for seq in range(2, 5000)))
    steps = [view(log, Phase.RUNNING)]
    at = pages(steps, None)[-1].position
    log.reads.clear()
    cut(steps, None, at, max_bytes=PAGE)
    assert log.bytes_read == 1


@pytest.mark.parametrize("streams", [frozenset({Stream.STDOUT}), ALL_STREAMS])
def test_a_log_that_was_read_to_its_end_is_not_read_again_when_the_step_is_over(streams):
    log = log_of(100 * KIB, length=100)
    at = pages([view(log, Phase.RUNNING)], None, streams=streams)[-1].position
    log.reads.clear()
    assert pages([view(log)], SUCCEEDED, at, streams=streams)[-1].end
    assert log.bytes_read == 0


def test_steps_that_were_read_are_not_opened_again():
    first, second = log_of(100 * KIB, length=100), log_of(100 * KIB, length=100)
    steps = [view(first), view(second, index=2)]
    at = Position(step=2)
    pages(steps, SUCCEEDED, at)
    assert (first.bytes_read, second.bytes_read >= second.size) == (0, True)


def test_a_small_page_of_a_large_log_costs_little():
    log = log_of(2048 * KIB, length=100)
    cut([view(log)], SUCCEEDED, Position(), max_bytes=1)
    assert log.bytes_read <= MAX_LINE + 1
