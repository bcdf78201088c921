"""Secrets of the local runner: the keys of its tokens, the passwords of data sources."""

from __future__ import annotations

import grpc

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import Transcript
from tests.conformance.service.refusals import refused


def test_a_token_of_another_service_is_refused_as_expired(shared_server, make_server):
    foreign = make_server("elsewhere")
    token = foreign.fetch(foreign.run("SELECT 1 AS a"), Transcript()).token

    code, message, reason = refused(shared_server.stub.Fetch, pb.FetchRequest(token=token))

    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TOKEN_EXPIRED")
    assert message == (
        "the fetch token is no longer valid; fetch again with the job's id and no token"
    )


def test_a_password_is_in_no_log_and_no_transcript_and_forgotten_at_the_end(server):
    transcript = server.run_and_read(
        "SELECT 1 AS a", data_source="mysql://user:canary-pa55@127.0.0.1:9/db"
    )

    assert transcript.job.status == pb.FAILED
    assert "canary" not in str(transcript.entries) + str(transcript.job) + server.log.read_text()
    files = [p for p in server.state.rglob("*") if p.is_file()]
    assert [p.name for p in files if b"canary" in p.read_bytes()] == []


def test_a_password_stands_in_one_file_that_is_its_owners_while_the_job_runs(
    shared_server, gate, tmp_path
):
    source = f"duckdb:///{tmp_path}/canary-name.duckdb"
    shared_server.run(gate.select(), data_source=source)
    gate.wait()
    files = [p for p in shared_server.state.rglob("*") if p.is_file()]
    holding = [p for p in files if b"canary-name" in p.read_bytes()]

    assert [p.name for p in holding] == ["data-source"]
    assert holding[0].stat().st_mode & 0o777 == 0o600
    assert holding[0].parent.stat().st_mode & 0o777 == 0o700
