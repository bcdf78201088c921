"""What gRPC says → errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from sqlflow import errors
from sqlflow.client import Client, faults
from sqlflow.v1 import sqlflow_pb2 as pb
from tests.unit.client.servers import Scripted, serving

if TYPE_CHECKING:
    from google.protobuf.message import Message

TYPO = errors.Problem(
    message="expected INTO",
    statement=2,
    line=3,
    column=7,
    snippet="  TO TRIAN x",
    hint="did you mean 'TRAIN'?",
)


def answer(code: str, text: str, *details: Message) -> Any:
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    return rpc_status.to_status(
        status_pb2.Status(code=code_pb2.Code.Value(code), message=text, details=packed)
    )


def info(reason: str) -> Any:
    return error_details_pb2.ErrorInfo(reason=reason, domain="sqlflow.org")


def raised(status: Any) -> BaseException:
    scripted = Scripted()
    scripted.answers["GetJob"].append(status)
    with (
        serving(scripted) as address,
        Client(address, connect_for=0) as client,
        pytest.raises(errors.SQLFlowError) as caught,
    ):
        client.status("j1")
    return caught.value


@pytest.mark.parametrize(
    ("code", "reason", "cls"),
    [
        ("NOT_FOUND", "JOB_NOT_FOUND", errors.JobNotFoundError),
        ("ALREADY_EXISTS", "JOB_CONFLICT", errors.JobConflictError),
        ("FAILED_PRECONDITION", "TOKEN_EXPIRED", errors.TokenExpiredError),
        ("FAILED_PRECONDITION", "DATA_SOURCE", errors.DataSourceError),
        ("RESOURCE_EXHAUSTED", "STORAGE", errors.StorageError),
        ("UNAVAILABLE", "BUSY", errors.BusyError),
        ("INTERNAL", "INTERNAL", errors.SQLFlowError),
    ],
)
def test_the_reason_names_the_class(code: str, reason: str, cls: type) -> None:
    error = raised(answer(code, "a sentence", info(reason)))
    assert type(error) is cls
    assert str(error) == "a sentence"


def test_a_program_error_has_its_problems_back() -> None:
    bad = error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(field="program:3:7", description=str(p))
            for p in (TYPO, errors.Problem(message="the program is empty"))
        ]
    )
    error = raised(answer("INVALID_ARGUMENT", "…", info("PROGRAM_INVALID"), bad))
    assert type(error) is errors.ProgramError
    first, second = error.problems
    assert (first.statement, first.line, first.column) == (2, 3, 7)
    assert first.snippet == "  TO TRIAN x"
    assert second == errors.Problem(message="the program is empty")
    assert str(error) == f"{TYPO}\nthe program is empty"


def test_a_program_error_without_details_keeps_its_text() -> None:
    error = raised(answer("INVALID_ARGUMENT", "too long", info("LIMIT_EXCEEDED")))
    assert type(error) is errors.LimitError
    assert str(error) == "too long"


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED"])
def test_what_the_transport_says_may_pass(code: str) -> None:
    scripted = Scripted()
    scripted.answers["GetJob"].extend([answer(code, "come back"), pb.Job(id="j1")])
    with serving(scripted) as address, Client(address, connect_for=10) as client:
        assert client.status("j1").id == "j1"


def test_a_call_too_many_is_made_later() -> None:
    scripted = Scripted()
    busy = answer("RESOURCE_EXHAUSTED", "too often", info("THROTTLED"))
    scripted.answers["GetJob"].extend([busy, pb.Job(id="j1")])
    with serving(scripted) as address, Client(address) as client:
        assert client.status("j1").id == "j1"


def test_a_job_too_many_is_not_tried_again() -> None:
    error = raised(answer("RESOURCE_EXHAUSTED", "too many jobs", info("QUOTA_EXCEEDED")))

    assert type(error) is errors.QuotaError


def test_a_full_disk_is_not_tried_again() -> None:
    scripted = Scripted()
    scripted.answers["GetJob"].append(answer("RESOURCE_EXHAUSTED", "full", info("STORAGE")))
    with (
        serving(scripted) as address,
        Client(address, connect_for=10) as client,
        pytest.raises(errors.StorageError, match="full"),
    ):
        client.status("j1")
    assert len(scripted.requests) == 1


class _Away(grpc.RpcError):
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "failed to connect to all addresses; last error: UNKNOWN: ipv4: Connection refused"

    def trailing_metadata(self) -> tuple[()]:
        return ()


def test_tries_come_ever_more_slowly_until_patience_ends() -> None:
    now = [100.0]
    attempts = faults.Attempts("h:1", 10.0, clock=lambda: now[0])
    delays: list[float] = []
    while now[0] < 110.0:
        delays.append(attempts.delay_after(_Away()))
        now[0] += delays[-1]
    with pytest.raises(errors.UnavailableError, match="server at h:1: Connection refused"):
        attempts.delay_after(_Away())
    assert now[0] == pytest.approx(110.0)
    assert delays[0] <= 0.05
    assert max(delays) <= 2.0
    assert sum(delays[:6]) < 3.2
    assert 8 <= len(delays) <= 25


def test_without_patience_the_first_failure_is_the_last() -> None:
    with pytest.raises(errors.UnavailableError):
        faults.Attempts("h:1", 0.0).delay_after(_Away())


@given(
    st.builds(
        errors.Problem,
        message=st.text(min_size=1),
        statement=st.integers(0, 9),
        line=st.integers(0, 99),
        column=st.integers(1, 30),
        snippet=st.text(st.characters(exclude_characters="\n")),
        hint=st.text(),
    )
)
def test_a_problem_goes_there_and_back(problem: errors.Problem) -> None:
    back = faults.problem_from_text(str(problem))
    assert str(back) == str(problem)
