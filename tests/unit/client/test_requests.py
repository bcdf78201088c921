from __future__ import annotations

import datetime as dt

import pytest

from sqlflow import errors
from sqlflow.client import requests
from sqlflow.plan.program import Edge, Kind
from sqlflow.v1 import sqlflow_pb2 as pb


def test_each_run_has_a_key_of_its_own() -> None:
    first, second = requests.run_request("SELECT 1"), requests.run_request("SELECT 1")
    assert first.idempotency_key
    assert first.idempotency_key != second.idempotency_key


def test_a_given_key_is_kept() -> None:
    assert requests.run_request("SELECT 1", idempotency_key="k").idempotency_key == "k"


@pytest.mark.parametrize("span", [1.5, dt.timedelta(seconds=1.5)])
def test_spans_are_seconds_or_timedeltas(span: float | dt.timedelta) -> None:
    request = requests.run_request("SELECT 1", fetch_lease=span, deadline=span)
    assert (request.fetch_lease.seconds, request.fetch_lease.nanos) == (1, 500_000_000)
    assert request.deadline == request.fetch_lease


def test_no_span_is_absent() -> None:
    assert not requests.run_request("SELECT 1").HasField("fetch_lease")


def test_execution() -> None:
    assert requests.run_request("SELECT 1").execution == pb.PARALLEL
    assert requests.run_request("SELECT 1", sequential=True).execution == pb.SEQUENTIAL


def test_bytes_are_read_as_utf8() -> None:
    assert requests.run_request("SELECT 'ä'".encode()).program == "SELECT 'ä'"


def test_other_bytes_are_refused_with_their_place() -> None:
    with pytest.raises(errors.ProgramError) as caught:
        requests.run_request("SELECT 1;\nä".encode() + b"\xff")
    assert str(caught.value) == (
        "line 2, column 2: expected UTF-8 text, found byte 0xff; save the file as UTF-8\n"
        "  ä\ufffd\n"
        "   ^"
    )


def test_a_lone_surrogate_is_refused_with_its_place() -> None:
    with pytest.raises(errors.ProgramError) as caught:
        requests.run_request("SELECT '\ud800'")
    assert str(caught.value) == (
        "line 1, column 9: expected UTF-8 text, found the lone surrogate U+D800; "
        "save the file as UTF-8\n"
        "  SELECT '\ufffd'\n"
        "          ^"
    )


def test_a_fetch_may_take_its_wait_and_then_some() -> None:
    assert requests.timeout_of(pb.FetchRequest()) == 50.0
    assert requests.timeout_of(pb.RunRequest()) == 30.0


def test_a_plan_is_a_program() -> None:
    response = pb.PlanResponse(
        dialect="duckdb",
        warnings=[pb.Warning(statement=1, line=2, message="careful")],
        statements=[
            pb.PlannedStatement(
                id="s02-train",
                index=2,
                kind="train",
                text="SELECT …",
                line=3,
                column=1,
                reads=["table t"],
                writes=["model m"],
                after=[pb.Dependency(id="s01-create", reason="reads table t")],
            )
        ],
    )
    program = requests.program_of(response)
    (statement,) = program.statements
    assert (statement.id, statement.kind, statement.line) == ("s02-train", Kind.TRAIN, 3)
    assert (statement.reads, statement.writes) == (("table t",), ("model m",))
    assert statement.after == (Edge("s01-create", "reads table t"),)
    assert program.warnings[0].message == "careful"
