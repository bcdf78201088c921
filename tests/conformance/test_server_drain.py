"""A server that is told to go: its clients go on elsewhere and notice nothing."""

from __future__ import annotations

import asyncio
import signal

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sqlflow.client import AsyncClient
from sqlflow.client.faults import Attempts
from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.proxies import Balancer
from tests.conformance.server_processes import PATIENCE, seconds, until
from tests.conformance.test_server_lifecycle import free_port, metrics_of

NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def failures(monkeypatch):
    """What went wrong with calls of clients of ours, before they try again."""
    seen, delay_after = [], Attempts.delay_after

    def noted(self, error):
        seen.append(error)
        return delay_after(self, error)

    monkeypatch.setattr(Attempts, "delay_after", noted)
    return seen


async def test_a_client_behind_a_balancer_sees_nothing_of_a_servers_end(
    make_server, gate, failures
):
    ports = [free_port(), free_port()]
    pair = [make_server(metrics_listen=f"127.0.0.1:{port}") for port in ports]
    balancer = Balancer([server.address for server in pair])
    async with balancer.serving() as address, AsyncClient(address) as client:
        job = await client.run(gate.select())
        await asyncio.to_thread(gate.wait)
        reading = asyncio.create_task(job.result())
        await asyncio.to_thread(until, lambda: waits(ports[0]), "the Fetch waits at the server")

        assert await asyncio.to_thread(pair[0].terminate) == 0
        await asyncio.to_thread(until, lambda: waits(ports[1]), "it waits at the other")
        await asyncio.to_thread(gate.open)
        result = await reading

    assert result.table.rows == [(42,)]
    assert balancer.connections == [0, 1]
    assert failures == []


def test_while_balancers_learn_of_it_calls_are_served_as_ever(make_server, gate):
    health_address = f"127.0.0.1:{free_port()}"
    server = make_server(health_listen=health_address, drain_wait=PATIENCE)
    job = server.run(gate.select())
    server.send(signal.SIGTERM)
    until(lambda: health(health_address) == NOT_SERVING, "the server says that it goes")

    page = server.stub.Fetch(pb.FetchRequest(job=job, wait=seconds(0.2)), timeout=PATIENCE)
    gate.open()

    assert (page.job.id, page.end) == (job, False)
    assert server.read(job).rows(1) == [[42]]


def test_a_second_signal_ends_the_waiting(make_server):
    health_address = f"127.0.0.1:{free_port()}"
    server = make_server(health_listen=health_address, drain_wait=10 * PATIENCE)
    server.send(signal.SIGTERM)
    until(lambda: health(health_address) == NOT_SERVING, "the server says that it goes")

    assert server.terminate() == 0


def waits(metrics_port):
    """Whether a Fetch is being served."""
    return 'calls_active{method="Fetch"} 1.0' in metrics_of(metrics_port)


def health(address):
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        return stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE).status
