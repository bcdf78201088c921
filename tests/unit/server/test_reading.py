from __future__ import annotations

import os
import shutil

import pytest
from sqlflow_server.runners.local.reading import JobReader
from sqlflow_server.runners.protocol import PageQuery

from sqlflow.errors import JobNotFoundError
from sqlflow.transcript.positions import Position
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Phase
from tests.unit.server.jobs import made, put_lines, put_state, state_of

QUERY = PageQuery(position=Position(), streams=frozenset(Stream), max_bytes=64 * 1024, wait=0.0)


def texts(page):
    return [r.text for r in page.records if r.stream is Stream.STDOUT]


def running():
    return state_of("Pending").with_step(0, phase=Phase.RUNNING, attempt=1)


def test_a_page_holds_what_was_printed_since(tmp_path):
    directory = made(tmp_path)
    put_state(directory, running())
    put_lines(directory, "one", "two")
    reader = JobReader(directory)
    first, _ = reader.page(QUERY, Position())

    put_lines(directory, "three", first=3)
    second, snapshot = reader.page(QUERY, first.position)

    assert (texts(first), texts(second)) == (["one", "two"], ["three"])
    assert snapshot.steps[0].phase is Phase.RUNNING


def test_a_job_that_has_not_begun_has_an_empty_page(tmp_path):
    page, snapshot = JobReader(made(tmp_path)).page(QUERY, Position())

    assert (page.records, page.end, snapshot.phase) == ([], False, Phase.PENDING)


def test_a_new_state_is_seen_and_an_old_one_is_not_read_again(tmp_path, monkeypatch):
    directory = made(tmp_path)
    reader = JobReader(directory)
    before = reader.state()

    assert reader.state() is before
    put_state(directory, running())
    assert reader.state().steps[0].phase is Phase.RUNNING


def test_each_byte_of_the_frames_is_read_once(tmp_path, monkeypatch):
    directory = made(tmp_path)
    put_state(directory, running())
    put_lines(directory, *["x" * 100] * 5000)
    size = directory.attempt("s01-select", 1).frames.stat().st_size
    counted, pread = [], os.pread

    def counting(descriptor, length, offset):
        data = pread(descriptor, length, offset)
        counted.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counting)
    reader, position, lines = JobReader(directory), Position(), 0
    while lines < 5000:
        page, _ = reader.page(QUERY, position)
        position, lines = page.position, lines + len(page.records)

    assert sum(counted) <= size * 1.05
    assert len(counted) > 5


def test_a_mark_changes_with_the_frames_and_with_the_state(tmp_path):
    directory = made(tmp_path)
    reader = JobReader(directory)
    marks = [reader.marker(Position())()]
    put_state(directory, running())
    marks.append(reader.marker(Position())())
    put_lines(directory, "one")
    marks.append(reader.marker(Position())())

    assert len(set(marks)) == 3
    assert reader.marker(Position())() == marks[-1]


def test_a_job_that_was_deleted_is_not_found(tmp_path):
    directory = made(tmp_path)
    reader = JobReader(directory)
    shutil.rmtree(directory.path)

    with pytest.raises(JobNotFoundError):
        reader.state()
    with pytest.raises(JobNotFoundError):
        reader.marker(Position())()


def test_a_lease_is_renewed_by_each_who_reads_however_early(tmp_path):
    directory = made(tmp_path, fetch_lease=9.0)
    reader = JobReader(directory)
    now = directory.lease.stat().st_mtime

    for ago in (4, 1):
        os.utime(directory.lease, (now - ago, now - ago))
        reader.renew_lease()
        assert directory.lease.stat().st_mtime >= now


def test_a_job_without_a_lease_has_none_renewed(tmp_path):
    directory = made(tmp_path)
    os.utime(directory.lease, (5, 5))
    JobReader(directory).renew_lease()

    assert directory.lease.stat().st_mtime == 5
