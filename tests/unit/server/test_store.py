from __future__ import annotations

import stat
import threading

import pytest
from sqlflow_server.runners.local import files
from sqlflow_server.runners.local import store as stores
from sqlflow_server.runners.local.layout import JobSpec
from sqlflow_server.runners.local.states import JobState
from sqlflow_server.runners.local.store import Store

from sqlflow.errors import JobConflictError, JobNotFoundError
from sqlflow.wire.statuses import Phase
from tests.unit.server.jobs import LIMITS, made, order_of


def test_a_job_is_readable_by_its_owner_alone(tmp_path):
    directory = made(tmp_path)

    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in directory.path.iterdir()} == {0o600}


def test_a_job_keeps_what_was_ordered_and_has_not_begun(tmp_path):
    directory = made(tmp_path, text="SELECT\n  1", fetch_lease=3.0, submitter="me")
    spec = JobSpec.from_json(directory.job.read_text())

    assert (spec.fetch_lease, spec.submitter, spec.parallelism) == (3.0, "me", 4)
    assert spec.steps[0].summary == "SELECT 1"
    assert directory.data_source.read_text() == "duckdb:///d"
    assert JobState.from_json(directory.state.read_text()).phase is Phase.PENDING


def test_one_key_makes_one_job(tmp_path):
    store = Store(tmp_path)

    first = store.create(order_of(idempotency_key="k"), "", LIMITS)
    second = store.create(order_of(idempotency_key="k"), "", LIMITS)

    assert first == (second[0], True)
    assert second == (first[0], False)


def test_no_key_makes_a_job_each(tmp_path):
    store = Store(tmp_path)

    assert store.create(order_of(), "", LIMITS)[0] != store.create(order_of(), "", LIMITS)[0]


def test_a_key_of_another_program_is_a_conflict(tmp_path):
    store = Store(tmp_path)
    store.create(order_of(idempotency_key="k"), "", LIMITS)

    with pytest.raises(JobConflictError, match="used before, for another program"):
        store.create(order_of("SELECT 2", idempotency_key="k"), "", LIMITS)


def test_a_job_that_appears_while_another_is_made_wins(tmp_path, monkeypatch):
    rival = Store(tmp_path)
    fill = stores._fill

    def fill_slowly(directory, *rest):
        fill(directory, *rest)
        monkeypatch.setattr(stores, "_fill", fill)
        rival.create(order_of(idempotency_key="k"), "", LIMITS)

    monkeypatch.setattr(stores, "_fill", fill_slowly)
    job_id, new = Store(tmp_path).create(order_of(idempotency_key="k"), "", LIMITS)

    assert not new
    assert [p.name for p in (tmp_path / "jobs").iterdir()] == [job_id]


def test_many_requests_at_once_with_one_key_make_one_job(tmp_path):
    store, results = Store(tmp_path), []
    barrier = threading.Barrier(8)

    def create():
        barrier.wait()
        results.append(store.create(order_of(idempotency_key="k"), "", LIMITS))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({job_id for job_id, _ in results}) == 1
    assert [new for _, new in results].count(True) == 1


@pytest.mark.parametrize("job_id", ["", "..", "../x", "J1", "j1", ".new-1", "a/b", "x" * 53, "j\n"])
def test_what_is_not_the_id_of_a_job_is_not_found(tmp_path, job_id):
    with pytest.raises(JobNotFoundError):
        Store(tmp_path).find(job_id)


def test_a_crash_in_the_middle_of_making_a_job_leaves_none(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "sync_directory", lambda path: 1 / 0)
    store = Store(tmp_path)

    with pytest.raises(ZeroDivisionError):
        store.create(order_of(), "", LIMITS)

    assert list(store.ids()) == []
    assert list((tmp_path / "jobs").iterdir()) == []


def test_leftovers_are_removed_when_they_are_old_and_not_before(tmp_path, monkeypatch):
    store = Store(tmp_path)
    (tmp_path / "jobs" / ".new-1").mkdir()
    (tmp_path / "jobs" / ".old-j1-2").mkdir()

    store.remove_leftovers()
    assert len(list((tmp_path / "jobs").iterdir())) == 2

    monkeypatch.setattr(stores, "_LEFTOVER_AGE", -1.0)
    store.remove_leftovers()
    assert list((tmp_path / "jobs").iterdir()) == []


def test_removing_a_job_twice_is_no_error(tmp_path):
    directory = made(tmp_path)
    store = Store(tmp_path)

    store.remove(directory.path.name)
    store.remove(directory.path.name)

    assert list((tmp_path / "jobs").iterdir()) == []
