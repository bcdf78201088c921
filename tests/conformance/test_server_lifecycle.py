"""How a server starts, is watched, and goes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from sqlflow_server.embedding import local_server
from sqlflow_server.settings import Settings

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.v1 import sqlflow_pb2_grpc
from tests.conformance.server_processes import PATIENCE, Transcript, until


def health(server, service=""):
    with grpc.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service=service)
        return stub.Check(request, timeout=PATIENCE).status


def start(**environment):
    """Run the server until it refuses to start."""
    return subprocess.run(
        [sys.executable, "-m", "sqlflow_server"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def metrics_of(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
        return answer.read().decode()


def test_on_sigterm_a_fetch_that_waits_returns_at_once_with_its_token(make_server, gate):
    port = free_port()
    server = make_server(metrics_listen=f"127.0.0.1:{port}")
    job = server.run(gate.select())
    gate.wait()
    transcript = Transcript()
    server.read_until(job, transcript, lambda t: t.entries)
    token, answers = transcript.token, []
    reader = threading.Thread(target=lambda: answers.append(server.fetch(job, transcript)))
    reader.start()
    line = 'sqlflow_grpc_calls_active{method="Fetch"} 1.0'
    until(lambda: line in metrics_of(port), "the server serves the Fetch")

    server.send(signal.SIGTERM)
    reader.join(PATIENCE)

    assert server.wait() == 0
    assert [(list(p.records), p.token, p.end) for p in answers] == [([], token, False)]
    server.start()
    gate.open()
    assert server.read(job, transcript).rows(1) == [[42]]


def test_on_sigterm_a_watch_ends_with_a_token_to_go_on_with(server, gate):
    job = server.run(gate.select())
    gate.wait()
    transcript = Transcript()
    for page in server.stub.Watch(pb.FetchRequest(job=job), timeout=PATIENCE):
        if not transcript.pages:
            server.send(signal.SIGTERM)
        transcript.take(page)

    assert server.wait() == 0
    server.start()
    gate.open()
    assert server.read(job, transcript).entries == server.read(job).entries


def test_a_server_tells_that_it_serves(server):
    assert health(server) == health_pb2.HealthCheckResponse.SERVING
    assert health(server, "sqlflow.v1.SQLFlow") == health_pb2.HealthCheckResponse.SERVING


def test_the_log_says_that_there_is_no_authentication(server):
    assert "no authentication: whoever reaches this address may run programs" in (
        server.log.read_text()
    )


def test_an_address_that_others_reach_is_refused(tmp_path):
    refusal = start(SQLFLOW_LISTEN="0.0.0.0:0", SQLFLOW_STATE_DIRECTORY=str(tmp_path))

    assert refusal.returncode == 2
    assert "SQLFLOW_INSECURE_LISTEN=true" in refusal.stderr


def test_an_address_that_is_taken_is_named(server):
    refusal = start(SQLFLOW_LISTEN=server.address, SQLFLOW_STATE_DIRECTORY=str(server.state))

    assert refusal.returncode == 1
    assert f"sqlflow server: can't listen on {server.address}" in refusal.stderr
    assert "Traceback" not in refusal.stderr


def test_an_address_of_metrics_that_is_taken_is_named(server, tmp_path):
    refusal = start(
        SQLFLOW_LISTEN="127.0.0.1:0",
        SQLFLOW_METRICS_LISTEN=server.address,
        SQLFLOW_STATE_DIRECTORY=str(tmp_path / "other"),
    )

    assert refusal.returncode == 1
    assert refusal.stderr.endswith(f"can't listen on {server.address}: Address already in use\n")


def test_a_state_directory_that_can_not_be_used_is_named(tmp_path):
    (tmp_path / "file").touch()
    refusal = start(SQLFLOW_LISTEN="127.0.0.1:0", SQLFLOW_STATE_DIRECTORY=f"{tmp_path}/file/state")

    assert refusal.returncode == 1
    assert refusal.stderr == (
        f"sqlflow server: the state directory {tmp_path}/file/state can't be used: "
        "Not a directory\n"
    )


def test_a_bad_setting_is_named(tmp_path):
    refusal = start(SQLFLOW_PARALLELISM="many", SQLFLOW_STATE_DIRECTORY=str(tmp_path))

    assert refusal.returncode == 2
    assert refusal.stderr.startswith("SQLFLOW_PARALLELISM: ")


def test_metrics_count_calls_by_method_and_code(make_server):
    port = free_port()
    server = make_server(metrics_listen=f"127.0.0.1:{port}")
    with pytest.raises(grpc.RpcError):
        server.stub.GetJob(pb.GetJobRequest(job="j1"), timeout=PATIENCE)

    line = 'sqlflow_grpc_calls_total{code="NOT_FOUND",method="GetJob"} 1.0'
    until(lambda: line in metrics_of(port), "the call is counted")


def test_reflection_names_the_service_when_switched_on(make_server):
    server = make_server(reflection=True)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    with grpc.insecure_channel(server.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        (answer,) = stub.ServerReflectionInfo(iter([request]), timeout=PATIENCE)

    assert "sqlflow.v1.SQLFlow" in [s.name for s in answer.list_services_response.service]


async def test_a_server_in_this_process_runs_jobs_on_a_port_of_its_own(tmp_path):
    settings = Settings(state_directory=tmp_path / "my state, 100%?")
    async with local_server(settings) as address, grpc.aio.insecure_channel(address) as channel:
        stub = sqlflow_pb2_grpc.SQLFlowStub(channel)
        job = (await stub.Run(pb.RunRequest(program="SELECT 5 AS a"))).job.id
        transcript = Transcript()
        async for page in stub.Watch(pb.FetchRequest(job=job)):
            transcript.take(page)

    assert transcript.rows(1) == [[5]]
    assert address.startswith("127.0.0.1:")
