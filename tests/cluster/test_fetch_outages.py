"""Fetch while the server has no way to the API server: it gives what it has, and goes on after."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.cluster.support import outages
from tests.cluster.support.replicas import read_all, read_some
from tests.conformance.server_processes import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

# 150 rows of 24 KiB over nine seconds.
SLOW = "SELECT seq, SLEEP(0.06) AS slept, REPEAT('x', 24000) AS text FROM seq_1_to_150"


async def test_who_reads_while_the_api_server_is_away_loses_nothing_and_gets_no_error(
    cluster, replicas, dsn, tmp_path
):
    async with outages.line(cluster.flavour.kubeconfig, tmp_path) as line:
        cut_off = await asyncio.to_thread(replicas.start, kubeconfig=line.login)
        job = await asyncio.to_thread(cut_off.run, SLOW, data_source=dsn)
        transcript = await asyncio.to_thread(read_some, cut_off, job, 20)

        line.cut()
        for _ in range(3):
            await asyncio.to_thread(cut_off.fetch, job, transcript, wait=seconds(1))
            assert not transcript.end
        # Another server goes on from the same token meanwhile.
        other = await asyncio.to_thread(replicas.start)
        ahead = await asyncio.to_thread(read_all, other, job, copy.deepcopy(transcript))
        await line.mend()

        whole = await asyncio.to_thread(read_all, cut_off, job, transcript)
    assert whole.entries == ahead.entries
    assert whole.job.status == pb.SUCCEEDED
    assert '"event": "gap"' not in str(whole.entries)


async def test_what_needs_the_api_server_fails_while_it_is_away_and_says_when_to_try_again(
    cluster, replicas, dsn, tmp_path
):
    async with outages.line(cluster.flavour.kubeconfig, tmp_path) as line:
        cut_off = await asyncio.to_thread(replicas.start, kubeconfig=line.login)
        line.cut()
        for call in (
            lambda: cut_off.run("SELECT 1", data_source=dsn),
            lambda: cut_off.stub.GetJob(pb.GetJobRequest(job="of-whom-nothing-is-known")),
        ):
            assert await asyncio.to_thread(refusal, call) == grpc.StatusCode.UNAVAILABLE
        await line.mend()
        job = await asyncio.to_thread(cut_off.run, "SELECT 1 AS a", data_source=dsn)
        assert (await asyncio.to_thread(read_all, cut_off, job)).rows(1) == [[1]]


def refusal(call: Callable[[], object]) -> grpc.StatusCode:
    """Return how a call fails, which has to say when it may be tried again."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    status = rpc_status.from_call(caught.value)
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in status.details)
    assert retry.retry_delay.ToTimedelta().total_seconds() > 0
    return caught.value.code()
