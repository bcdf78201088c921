"""What is wrong with a request is said at once, with its place, its reason and no secret."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript, seconds

if TYPE_CHECKING:
    from tests.conformance.service.jobs import Jobs
    from tests.conformance.service.services import Service

NOT_A_TOKEN = (
    grpc.StatusCode.INVALID_ARGUMENT,
    "not a fetch token of this service",
    "TOKEN_INVALID",
)


def refused(call: Any, request: Any) -> tuple[grpc.StatusCode, str, str]:
    """Code, text and ErrorInfo reason of the answer."""
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=PATIENCE)
    info = detail(caught.value, error_details_pb2.ErrorInfo())
    assert info.domain == "sqlflow.org"
    return caught.value.code(), str(caught.value.details()), info.reason


def detail(error: grpc.RpcError, message: Any) -> Any:
    status = rpc_status.from_call(error)
    assert status is not None
    assert any(d.Unpack(message) for d in status.details), status
    return message


NO_SCHEME = "a data source is written as SCHEME://…, such as duckdb:///iris.duckdb; found no scheme"
UNKNOWN_SCHEME = (
    "unknown scheme 'mysq' of a data source; known are duckdb, hive, mariadb, mysql, postgres, "
    "postgresql, sqlite; did you mean 'mysql'?"
)


class TestRefusedPrograms:
    """Run and Plan."""

    def test_a_program_error_names_line_and_column(self, service: Service) -> None:
        request = pb.RunRequest(
            program="SELECT 1 AS a;\nSELECT * FROM t TO TRAN m INTO x",
            data_source=service.database(),
        )
        with pytest.raises(grpc.RpcError) as caught:
            service.stub.Run(request, timeout=PATIENCE)
        violation = detail(caught.value, error_details_pb2.BadRequest()).field_violations[0]

        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert violation.field == "program:2:20"
        assert violation.reason == "PROGRAM_INVALID"
        assert violation.description.startswith("statement 2, line 2, column 20: ")
        place = "  SELECT * FROM t TO TRAN m INTO x\n                     ^"
        assert place in violation.description

    def test_nothing_is_made_of_a_program_that_is_refused(self, service: Service) -> None:
        before = service.listed()
        program = pb.RunRequest(program="  -- nothing\n", data_source=service.database())
        refused(service.stub.Run, program)

        assert service.listed() == before

    def test_a_program_with_a_hundred_faults_is_answered_in_the_size_that_grpc_bears(
        self, service: Service
    ) -> None:
        faulty = "SELECT * FROM tablé TO TRÄN xgboost.gbtree LABEL y INTO m;\n" * 100
        with pytest.raises(grpc.RpcError) as caught:
            service.run(faulty)
        violations = detail(caught.value, error_details_pb2.BadRequest()).field_violations

        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert violations[0].field.startswith("program:1:")
        assert violations[-1].description.endswith(" more problems")

    def test_a_statement_that_is_not_executed_yet_is_refused_by_run_and_planned_by_plan(
        self, service: Service
    ) -> None:
        text, data_source = "SELECT * FROM t TO RUN img CMD 'a.py' INTO r", service.database()

        code, message, reason = refused(
            service.stub.Run, pb.RunRequest(program=text, data_source=data_source)
        )
        plan = service.stub.Plan(
            pb.PlanRequest(program=text, data_source=data_source), timeout=PATIENCE
        )

        assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "NOT_SUPPORTED")
        assert "not supported yet" in message
        assert plan.statements[0].id

    @pytest.mark.parametrize(
        ("data_source", "message"),
        [
            ("s3cret", NO_SCHEME),
            ("mysq://u:s3cret@h/d", UNKNOWN_SCHEME),
            ("hive://u:s3cret@h/d", "not supported yet: running a program on a hive data source"),
        ],
    )
    def test_a_data_source_that_can_not_be_used_is_refused_and_not_repeated(
        self, service: Service, data_source: str, message: str
    ) -> None:
        request = pb.RunRequest(program="SELECT 1 AS a", data_source=data_source)

        assert refused(service.stub.Run, request) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            message,
            "DATA_SOURCE",
        )

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"working_directory": "here"}, "working_directory is not an absolute path: 'here'"),
            ({"deadline": seconds(-2)}, "deadline is negative: -2 s"),
            ({"fetch_lease": seconds(-2)}, "fetch_lease is negative: -2 s"),
            ({"idempotency_key": "k" * 257}, "idempotency_key is longer than 256 characters"),
        ],
    )
    def test_a_run_that_makes_no_sense_is_refused(
        self, service: Service, fields: dict[str, Any], message: str
    ) -> None:
        request = pb.RunRequest(program="SELECT 1 AS a", data_source=service.database(), **fields)

        code, text, _ = refused(service.stub.Run, request)

        assert (code, text) == (grpc.StatusCode.INVALID_ARGUMENT, message)


class TestRefusedNames:
    """A job that is not there is one constant answer, whatever is asked of it."""

    @pytest.mark.parametrize("job", ["j0123456789abcdef", "nope", "sqlflow://h:1/jobs/j99"])
    @pytest.mark.parametrize("method", ["GetJob", "Cancel", "Fetch"])
    def test_an_unknown_job_is_not_found(self, service: Service, method: str, job: str) -> None:
        assert _asked(service, method, job) == (
            grpc.StatusCode.NOT_FOUND,
            f"there is no job {job.rpartition('/')[2]}",
            "JOB_NOT_FOUND",
        )

    @pytest.mark.parametrize(
        "job", ["../x", "../../etc", ".new-1", "A", "a/b", "j\0", "é", "-", "x" * 10_000]
    )
    @pytest.mark.parametrize("method", ["GetJob", "Cancel", "Fetch"])
    def test_a_name_that_could_be_a_path_is_not_found_and_not_repeated(
        self, service: Service, method: str, job: str
    ) -> None:
        assert _asked(service, method, job) == (
            grpc.StatusCode.NOT_FOUND,
            "there is no job",
            "JOB_NOT_FOUND",
        )


def _asked(service: Service, method: str, job: str) -> tuple[grpc.StatusCode, str, str]:
    request = {"GetJob": pb.GetJobRequest, "Cancel": pb.CancelRequest, "Fetch": pb.FetchRequest}
    return refused(getattr(service.stub, method), request[method](job=job))


class TestRefusedTokens:
    """Fetch and ListJobs go on only from where they were."""

    @pytest.mark.parametrize("forge", ["text", "flipped", "cut", "long"])
    @pytest.mark.parametrize("method", ["Fetch", "Watch"])
    def test_a_forged_token_is_refused_in_one_constant_text(
        self, service: Service, jobs: Jobs, forge: str, method: str
    ) -> None:
        token = service.server.fetch(jobs.typed, Transcript(), wait=seconds(0)).token
        raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        raw[-20] ^= 1
        flipped = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        tokens = {"text": "no token", "flipped": flipped, "cut": token[:-4], "long": "A" * 100_000}
        call = getattr(service.stub, method)

        def first(request: pb.FetchRequest, timeout: float) -> None:
            answer = call(request, timeout=timeout)
            if method == "Watch":
                next(answer)

        assert refused(first, pb.FetchRequest(token=tokens[forge])) == NOT_A_TOKEN

    def test_a_token_of_one_job_is_not_one_of_another(self, service: Service, jobs: Jobs) -> None:
        token = service.server.fetch(jobs.typed, Transcript(), wait=seconds(0)).token
        request = pb.FetchRequest(job=jobs.wide, token=token)

        assert refused(service.stub.Fetch, request) == NOT_A_TOKEN

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
    def test_a_fetch_that_makes_no_sense_is_refused(
        self, service: Service, request_: pb.FetchRequest, message: str
    ) -> None:
        assert refused(service.stub.Fetch, request_) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            message,
            "INVALID",
        )

    def test_a_page_token_of_something_else_is_refused(self, service: Service) -> None:
        assert refused(service.stub.ListJobs, pb.ListJobsRequest(page_token="e30")) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "not a page token of ListJobs",
            "TOKEN_INVALID",
        )
