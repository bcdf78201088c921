"""A full disk ends the jobs that need it, clearly, and not the server."""

from __future__ import annotations

import os
import subprocess

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE
from tests.leftovers import device

LARGE = "SELECT range AS a, repeat('x', 100) AS b FROM range(20000)"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one MiB. Mounting takes root, or sudo that asks for nothing."""
    folder = tmp_path / "disk"
    folder.mkdir()
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    option = f"size=1m,mode=0700,uid={os.geteuid()}"
    subprocess.run([*sudo, "mount", "-t", "tmpfs", "-o", option, device(), folder], check=True)
    yield folder
    subprocess.run([*sudo, "umount", "-l", folder], check=True)


@pytest.fixture
def server(small_disk, tmp_path, make_server):
    return make_server("disk/state", data_source=f"duckdb:///{tmp_path}/d.duckdb")


def test_a_job_whose_output_fills_the_disk_fails_and_says_so(server):
    transcript = server.run_and_read(f"CREATE TABLE t AS {LARGE}; SELECT * FROM t; DROP TABLE t")

    assert transcript.job.status == pb.FAILED
    assert transcript.job.reason == "StorageError"
    assert transcript.job.message == "the disk that holds the jobs is full or failing"
    assert transcript.statuses(2)[-1]["details"]["phase"] == "Failed"
    assert transcript.statuses(2)[-1]["text"] == "its output could not be written"
    assert transcript.job.steps[2].skipped


def test_a_job_that_finds_no_room_is_refused_as_a_passing_fault(server):
    server.run_and_read(LARGE)
    with pytest.raises(grpc.RpcError) as caught:  # noqa: PT012 - how many fit is not told
        while True:
            server.run("SELECT 1 AS a")
    retry = error_details_pb2.RetryInfo()
    details = rpc_status.from_call(caught.value).details

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.details() == "the job could not be written: No space left on device"
    assert any(d.Unpack(retry) for d in details)
    assert retry.retry_delay.seconds == 1
    assert not [p for p in (server.state / "jobs").iterdir() if p.name.startswith(".")]


def test_a_server_on_a_full_disk_goes_on_answering(server):
    transcript = server.run_and_read(LARGE)
    (server.state / "filler").touch()
    with pytest.raises(OSError, match="No space left"):
        (server.state / "filler").write_bytes(b"\0" * 1024 * 1024)

    again = server.read(transcript.job.id)
    snapshot = server.stub.GetJob(pb.GetJobRequest(job=transcript.job.id), timeout=PATIENCE)
    cancelled = server.stub.Cancel(pb.CancelRequest(job=transcript.job.id), timeout=PATIENCE)

    assert again.entries == transcript.entries
    assert snapshot.status == cancelled.status == pb.FAILED


def test_a_waiting_job_is_cancelled_on_a_full_disk(server, gate):
    job = server.run(gate.select())
    gate.wait()
    with pytest.raises(OSError, match="No space left"):
        (server.state / "filler").write_bytes(b"\0" * 1024 * 1024)

    server.stub.Cancel(pb.CancelRequest(job=job), timeout=PATIENCE)

    assert server.read(job).job.status in (pb.CANCELLED, pb.FAILED)
