from __future__ import annotations

import contextlib

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from sqlflow_server.auth.gates import OpenGate
from sqlflow_server.interceptors import Boundary
from sqlflow_server.metrics import Metrics
from structlog.testing import capture_logs

from sqlflow.errors import BusyError
from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.v1 import sqlflow_pb2_grpc


class Broken(sqlflow_pb2_grpc.SQLFlowServicer):
    """A service that fails in every way."""

    async def GetJob(self, request, context):  # noqa: N802
        raise RuntimeError("the secret is hunter2")

    async def Cancel(self, request, context):  # noqa: N802
        raise BusyError("held by somebody")

    async def Watch(self, request, context):  # noqa: N802
        yield pb.Page(token="first")
        raise RuntimeError("the secret is hunter2")


@contextlib.asynccontextmanager
async def serving(metrics):
    server = grpc.aio.server(interceptors=[Boundary(metrics, OpenGate())])
    sqlflow_pb2_grpc.add_SQLFlowServicer_to_server(Broken(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield sqlflow_pb2_grpc.SQLFlowStub(channel)
    await server.stop(0)


async def test_what_nobody_foresaw_is_an_incident_without_details():
    with capture_logs() as logs:
        async with serving(Metrics()) as stub:
            with pytest.raises(grpc.RpcError) as caught:
                await stub.GetJob(pb.GetJobRequest(job="j1"))
    (log,) = [entry for entry in logs if entry["log_level"] == "error"]

    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "hunter2" not in f"{caught.value.details()} {caught.value.trailing_metadata()}"
    assert log["incident"] in str(caught.value.details())
    assert log["method"] == "GetJob"


async def test_an_error_of_ours_is_answered_with_its_reason():
    async with serving(Metrics()) as stub:
        with pytest.raises(grpc.RpcError) as caught:
            await stub.Cancel(pb.CancelRequest(job="j1"))
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(_Call(caught.value))

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert caught.value.details() == "held by somebody"
    assert status.details[0].Unpack(info)
    assert info.reason == "BUSY"


async def test_a_stream_that_breaks_keeps_what_it_has_sent():
    async with serving(Metrics()) as stub:
        call = stub.Watch(pb.FetchRequest(job="j1"))
        first = await call.read()
        with pytest.raises(grpc.RpcError) as caught:
            await call.read()

    assert first.token == "first"
    assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_calls_are_counted_by_code_and_none_stays_active():
    metrics = Metrics()
    async with serving(metrics) as stub:
        for _ in range(2):
            with pytest.raises(grpc.RpcError):
                await stub.Cancel(pb.CancelRequest())
    value = metrics.registry.get_sample_value

    assert value("sqlflow_grpc_calls_total", {"method": "Cancel", "code": "UNAVAILABLE"}) == 2
    assert value("sqlflow_grpc_calls_active", {"method": "Cancel"}) == 0
    assert value("sqlflow_grpc_call_seconds_count", {"method": "Cancel"}) == 2


class _Call:
    """An error of grpc.aio with the methods that grpc_status asks for."""

    def __init__(self, error):
        self._error = error
        self.code, self.details = error.code, error.details

    def trailing_metadata(self):
        return tuple(self._error.trailing_metadata())
