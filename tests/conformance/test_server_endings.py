"""Jobs that are ended before their time: cancelled, left alone, too late, failed."""

from __future__ import annotations

import os
import shutil
import signal
import time

import grpc
import pytest
from sqlflow_server.runners.local import files

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript, seconds, until


def job_end(transcript):
    """Text, phase and reason of the last record."""
    end = transcript.statuses(0)[-1]
    return end.get("text"), end["details"]["phase"], end["details"].get("reason")


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_cancel_ends_the_process_of_a_statement(shared_server, gate):
    job = shared_server.run(gate.select())
    gate.wait()
    step = int((shared_server.state / f"jobs/{job}/steps/s01-select/1.pid").read_text())

    shared_server.stub.Cancel(pb.CancelRequest(job=job), timeout=PATIENCE)
    transcript = shared_server.read(job)

    assert job_end(transcript) == ("the job was cancelled on request", "Cancelled", "Cancelled")
    assert gone(step)


def test_an_immediate_cancel_kills_a_statement_that_would_not_end(shared_server, gate):
    job = shared_server.run(gate.select())
    gate.wait()

    shared_server.stub.Cancel(pb.CancelRequest(job=job, immediate=True), timeout=PATIENCE)
    transcript = shared_server.read(job)

    assert transcript.statuses(1)[-1]["details"]["phase"] == "Cancelled"
    assert transcript.statuses(1)[-1]["text"] == "its process was killed by SIGKILL"
    assert job_end(transcript) == ("the job was cancelled on request", "Cancelled", "Cancelled")


def test_a_cancelled_job_stays_cancelled_when_its_supervisor_is_replaced(shared_server, gate):
    job = shared_server.run(gate.select())
    gate.wait()
    supervisor = shared_server.supervisor(job)
    os.kill(supervisor, signal.SIGSTOP)  # it can't see the latch
    shared_server.stub.Cancel(pb.CancelRequest(job=job), timeout=PATIENCE)
    os.kill(supervisor, signal.SIGKILL)

    assert job_end(shared_server.read(job))[1:] == ("Cancelled", "Cancelled")


def test_a_lease_ends_also_while_no_server_runs(server, gate):
    job = server.run(gate.select(), fetch_lease=seconds(0.5))
    lock = server.state / "jobs" / job / "lock"
    server.supervisor(job)
    server.kill()

    until(lambda: not files.is_locked(lock), "the job is over")
    server.start()
    transcript = server.read(job)

    assert transcript.job.status == pb.CANCELLED
    assert job_end(transcript) == (
        "nobody fetched for 0.5 s, so the job was cancelled",
        "Cancelled",
        "LeaseExpired",
    )


def test_a_lease_counts_from_the_last_fetch_however_soon_after_another_it_came(server, gate):
    lease = 3.0
    job = server.run(gate.select(), fetch_lease=seconds(lease))
    gate.wait()
    begin = time.monotonic()
    while time.monotonic() < begin + 0.9 * lease / 3:
        server.fetch(job, transcript := Transcript(), wait=seconds(0))
        last = time.time()
    lock = server.state / "jobs" / job / "lock"
    until(lambda: not files.is_locked(lock), "the job is over")

    ended = server.read(job, transcript).job.finished.ToNanoseconds() / 1e9
    assert lease <= ended - last < lease + PATIENCE


def test_a_job_is_ended_at_its_deadline(shared_server, gate):
    job = shared_server.run(gate.select(), deadline=seconds(0.5))

    transcript = shared_server.read(job)

    assert transcript.job.status == pb.FAILED
    assert job_end(transcript) == (
        "the job ran longer than its deadline of 0.5 s",
        "Failed",
        "DeadlineExceeded",
    )


def test_a_job_that_asks_for_no_deadline_gets_the_servers(make_server, gate):
    server = make_server(default_deadline=0.5)

    assert server.read(server.run(gate.select())).job.reason == "DeadlineExceeded"


def test_a_job_whose_directory_was_deleted_is_gone_with_its_processes(server, gate):
    job = server.run(gate.select())
    gate.wait()
    step = int((server.state / f"jobs/{job}/steps/s01-select/1.pid").read_text())
    supervisor = server.supervisor(job)

    shutil.rmtree(server.state / "jobs" / job)
    until(lambda: gone(step), "the statement is dead")
    until(lambda: gone(supervisor), "the supervisor is gone, and was waited for")
    with pytest.raises(grpc.RpcError) as caught:
        server.fetch(job, Transcript())

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == f"there is no job {job}"
    assert server.run_and_read("SELECT 1 AS a").job.status == pb.SUCCEEDED
