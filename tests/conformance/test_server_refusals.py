"""What is wrong with a request is said at once, with its place, its reason and no secret."""

from __future__ import annotations

import base64

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript, running, seconds


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("refusals") / "state") as server:
        yield server


def refused(call, request):
    """Code, text and ErrorInfo reason of the answer."""
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=PATIENCE)
    info = detail(caught.value, error_details_pb2.ErrorInfo())
    assert info.domain == "sqlflow.org"
    return caught.value.code(), caught.value.details(), info.reason


def detail(error, message):
    status = rpc_status.from_call(error)
    assert any(d.Unpack(message) for d in status.details), status
    return message


def test_a_program_error_names_line_and_column(server):
    request = pb.RunRequest(program="SELECT 1 AS a;\nSELECT * FROM t TO TRAN m INTO x")
    with pytest.raises(grpc.RpcError) as caught:
        server.stub.Run(request, timeout=PATIENCE)
    violation = detail(caught.value, error_details_pb2.BadRequest()).field_violations[0]

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violation.field == "program:2:20"
    assert violation.reason == "PROGRAM_INVALID"
    assert violation.description.startswith("statement 2, line 2, column 20: ")
    assert "  SELECT * FROM t TO TRAN m INTO x\n                     ^" in violation.description


def test_nothing_is_made_of_a_program_that_is_refused(server):
    before = server.jobs()
    refused(server.stub.Run, pb.RunRequest(program="  -- nothing\n"))

    assert server.jobs() == before


def test_a_program_with_a_hundred_faults_is_answered_in_the_size_that_grpc_bears(server):
    faulty = "SELECT * FROM tablé TO TRÄN xgboost.gbtree LABEL y INTO m;\n" * 100
    with pytest.raises(grpc.RpcError) as caught:
        server.stub.Run(pb.RunRequest(program=faulty), timeout=PATIENCE)
    violations = detail(caught.value, error_details_pb2.BadRequest()).field_violations

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violations[0].field.startswith("program:1:")
    assert violations[-1].description.endswith(" more problems")


def test_a_statement_that_is_not_executed_yet_is_refused_by_run_and_planned_by_plan(server):
    text = "SELECT * FROM t TO RUN img CMD 'a.py' INTO r"

    code, message, reason = refused(server.stub.Run, pb.RunRequest(program=text))

    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "NOT_SUPPORTED")
    assert "not supported yet" in message
    assert server.stub.Plan(pb.PlanRequest(program=text), timeout=PATIENCE).statements[0].id


NO_SCHEME = "a data source is written as SCHEME://…, such as duckdb:///iris.duckdb; found no scheme"
UNKNOWN_SCHEME = (
    "unknown scheme 'mysq' of a data source; known are duckdb, hive, mariadb, mysql, postgres, "
    "postgresql, sqlite; did you mean 'mysql'?"
)


@pytest.mark.parametrize(
    ("data_source", "message"),
    [
        ("s3cret", NO_SCHEME),
        ("mysq://u:s3cret@h/d", UNKNOWN_SCHEME),
        ("hive://u:s3cret@h/d", "not supported yet: running a program on a hive data source"),
    ],
)
def test_a_data_source_that_can_not_be_used_is_refused_and_not_repeated(
    server, data_source, message
):
    request = pb.RunRequest(program="SELECT 1 AS a", data_source=data_source)

    assert refused(server.stub.Run, request) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        message,
        "DATA_SOURCE",
    )


@pytest.mark.parametrize("job", ["j0123456789abcdef", "nope", "sqlflow://h:1/jobs/j99"])
@pytest.mark.parametrize("method", ["GetJob", "Cancel", "Fetch"])
def test_an_unknown_job_is_not_found(server, method, job):
    request = {"GetJob": pb.GetJobRequest, "Cancel": pb.CancelRequest, "Fetch": pb.FetchRequest}

    assert refused(getattr(server.stub, method), request[method](job=job)) == (
        grpc.StatusCode.NOT_FOUND,
        f"there is no job {job.rpartition('/')[2]}",
        "JOB_NOT_FOUND",
    )


@pytest.mark.parametrize("job", ["../../etc", ".new-1", "A", "x" * 60, "a/b", "job\n"])
def test_an_id_that_could_be_a_path_is_not_found_and_not_repeated(server, job):
    code, message, _ = refused(server.stub.GetJob, pb.GetJobRequest(job=job))

    assert code is grpc.StatusCode.NOT_FOUND
    assert message in {"there is no job", "there is no job job"}


@pytest.mark.parametrize("forge", ["text", "flipped", "long"])
def test_a_forged_token_is_refused_in_one_constant_text(server, forge):
    page = server.fetch(server.run("SELECT 1 AS a"), Transcript())
    raw = bytearray(base64.urlsafe_b64decode(page.token + "=" * (-len(page.token) % 4)))
    raw[-20] ^= 1
    flipped = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    tokens = {"text": "no token", "flipped": flipped, "long": "A" * 100_000}

    assert refused(server.stub.Fetch, pb.FetchRequest(token=tokens[forge])) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "not a fetch token of this service",
        "TOKEN_INVALID",
    )


def test_a_token_of_one_job_is_not_one_of_another(server):
    one, other = server.run("SELECT 1 AS a"), server.run("SELECT 2 AS a")
    token = server.fetch(one, Transcript()).token

    assert refused(server.stub.Fetch, pb.FetchRequest(job=other, token=token)) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "not a fetch token of this service",
        "TOKEN_INVALID",
    )


def test_a_token_of_another_service_is_refused_as_expired(server, make_server):
    foreign = make_server("elsewhere")
    token = foreign.fetch(foreign.run("SELECT 1 AS a"), Transcript()).token

    code, message, reason = refused(server.stub.Fetch, pb.FetchRequest(token=token))

    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TOKEN_EXPIRED")
    assert message == (
        "the fetch token is no longer valid; fetch again with the job's id and no token"
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (pb.FetchRequest(), "Fetch needs a job or a token"),
        (
            pb.FetchRequest(job="j1", streams=[9]),  # type: ignore[list-item]
            "unknown stream 9",
        ),
        (pb.FetchRequest(job="j1", wait=seconds(-1)), "wait is negative: -1 s"),
    ],
)
def test_a_fetch_that_makes_no_sense_is_refused(server, request_, message):
    assert refused(server.stub.Fetch, request_) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        message,
        "INVALID",
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"working_directory": "here"}, "working_directory is not an absolute path: 'here'"),
        (
            {"working_directory": "/no/such/folder"},
            "working_directory is not a directory on the server's machine: '/no/such/folder'",
        ),
        ({"deadline": seconds(-2)}, "deadline is negative: -2 s"),
        ({"fetch_lease": seconds(-2)}, "fetch_lease is negative: -2 s"),
        ({"idempotency_key": "k" * 257}, "idempotency_key is longer than 256 characters"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(server, fields, message):
    request = pb.RunRequest(program="SELECT 1 AS a", **fields)

    code, text, _ = refused(server.stub.Run, request)

    assert (code, text) == (grpc.StatusCode.INVALID_ARGUMENT, message)


def test_a_page_token_of_something_else_is_refused(server):
    assert refused(server.stub.ListJobs, pb.ListJobsRequest(page_token="e30")) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "not a page token of ListJobs",
        "TOKEN_INVALID",
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
