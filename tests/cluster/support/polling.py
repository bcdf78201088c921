"""Waiting, with a deadline, for what a cluster brings about in its own time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, TypeVar

import aiohttp
import pytest
from kubernetes.aio.client.exceptions import ApiException

from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

INTERVAL: Final = 0.1
# What an API server or a kubelet that is being restarted answers, or does not.
PASSING: Final = (ApiException, aiohttp.ClientError, ClusterError, OSError)


async def eventually(
    look: Callable[[], Awaitable[T]],
    accept: Callable[[T], bool],
    *,
    what: str,
    seconds: float = 60,
) -> T:
    """Look again and again; return the first thing seen that is accepted.

    A look that fails counts as something seen: the cluster's parts are restarted under us. When
    time is up the test fails, and says what was waited for and what was seen last.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen: T | Exception
        try:
            seen = await look()
        except PASSING as error:
            seen = error
        else:
            if accept(seen):
                return seen
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {seconds:g} s. Last seen: {seen!r}", pytrace=False)
        await asyncio.sleep(INTERVAL)
