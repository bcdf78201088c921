"""Parts of the cluster are restarted in the middle of a Workflow: it succeeds, its log is whole."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.cluster.support import workflows
from tests.cluster.support.playground import WAIT_AT_GATE
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.cluster.support.clusters import Cluster

from tests.cluster.support.playground import Playground

INTERRUPTED = f"""
print("before")
{WAIT_AT_GATE}
print("after")
"""
STEPS = {"first": INTERRUPTED, "second": "print('done')"}


@contextlib.asynccontextmanager
async def followed(
    cluster: Cluster, namespace: Playground
) -> AsyncIterator[tuple[str, aiohttp.StreamReader]]:
    """The pod of the first step, which waits at its gate, and what follows its log."""
    await workflows.submit(namespace, "job", cluster.images["base"], STEPS)
    first = await workflows.pod_of(namespace, "job", "first")
    async with namespace.following(first) as lines:
        assert await lines.readline() == b"before\n"
        yield first, lines


async def succeeds_with_whole_logs(namespace: Playground, first: str) -> None:
    await namespace.open_gate(first)
    await workflows.succeed(namespace, "job")
    assert await namespace.output(first) == ["before", "after"]
    assert await namespace.output(await workflows.pod_of(namespace, "job", "second")) == ["done"]


async def test_the_api_server_is_restarted(cluster: Cluster, namespace: Playground) -> None:
    async with followed(cluster, namespace) as (first, lines):
        await asyncio.to_thread(cluster.flavour.restart, "kube-apiserver")

        with pytest.raises(aiohttp.ClientPayloadError):
            await lines.read()
    await succeeds_with_whole_logs(namespace, first)


async def test_the_kubelet_is_restarted(cluster: Cluster, namespace: Playground) -> None:
    async with followed(cluster, namespace) as (first, lines):
        await asyncio.to_thread(cluster.flavour.restart, "kubelet")

        # As at the end of a program: whoever follows must ask whether it has ended.
        assert await lines.read() == b""
    assert await namespace.is_running(first)
    await succeeds_with_whole_logs(namespace, first)


async def test_argos_controller_is_restarted(cluster: Cluster, namespace: Playground) -> None:
    await workflows.submit(namespace, "job", cluster.images["base"], STEPS)
    first = await workflows.pod_of(namespace, "job", "first")
    selector = "app=workflow-controller"
    [before] = await namespace.pod_names("argo", selector)

    await namespace.core.delete_namespaced_pod(before, "argo")
    await eventually(
        lambda: namespace.pod_names("argo", selector),
        lambda names: bool(names) and before not in names,
        what="the controller is replaced",
    )

    await succeeds_with_whole_logs(namespace, first)
