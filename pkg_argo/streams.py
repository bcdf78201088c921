"""What an API server sends for as long as one listens: changes of objects, and pods' logs.

:class:`Streams` is what the rest is written against, :class:`ApiStreams` is the real one. A stream
ends without a word when the kubelet is restarted, and breaks when the API server is: that it ended
says nothing about what it told of. Whoever listens asks anew.

No time is set to a stream as a whole. Where nothing comes for too long, whoever listens decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Final, Protocol

import aiohttp

from pkg_argo.kube import PODS
from pkg_argo.kube_errors import from_answer
from sqlflow.errors import TransientError, UnavailableError, UserError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from kubernetes.aio.client import ApiClient

    from pkg_argo.kube import Object, Resource
    from sqlflow.errors import SQLFlowError

_ANSWER: Final = 30.0
_FOREVER: Final = 10**6  # seconds; None would stand for 300
_SHOWN: Final = 300  # bytes of an answer that go into a message
_BAD_REQUEST, _NOT_FOUND, _GONE = 400, 404, 410

# What a kubelet says of a container that is not there yet, or that it has yet to hear of.
_NOT_STARTED: Final = ("is waiting to start", "is not available")
# What a kubelet says with status 200 where it can't read the file.
_KUBELET_FAILED: Final = (b"unable to retrieve container logs for", b"failed to open log file")


class TooOldError(TransientError):
    """A watch can't go on from its version: what there is must be listed anew."""


class NotStartedError(TransientError):
    """The container has yet to start, so it has no log."""


class PodGoneError(UserError):
    """The pod is not there, nor is its log."""


class Streams(Protocol):
    """What is listened to."""

    def watch(
        self, resource: Resource, namespace: str, *, labels: str, since: str
    ) -> contextlib.AbstractAsyncContextManager[AsyncIterator[Object]]:
        """Give the changes since a version, as objects with ``type`` and ``object``.

        Raises:
            TooOldError: now, or while one listens.
            UnavailableError: there is no answer, or the connection breaks.
        """

    def log(
        self, namespace: str, pod: str, container: str, *, follow: bool, tail: int | None = None
    ) -> contextlib.AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Give the log of a container from its start, in pieces of any size.

        Args:
            namespace: of the pod.
            pod: its name.
            container: in it.
            follow: give also what will be written.
            tail: only so many lines at its end.

        Raises:
            NotStartedError: try again when it has started.
            PodGoneError: there is no log any more.
            UnavailableError: there is no answer, or the connection breaks.
        """


class ApiStreams:
    """The streams of a real API server."""

    __slots__ = ("_client",)

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    @contextlib.asynccontextmanager
    async def watch(
        self, resource: Resource, namespace: str, *, labels: str, since: str
    ) -> AsyncIterator[AsyncIterator[Object]]:
        query = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": since}
        query |= {"labelSelector": labels} if labels else {}
        what = f"watch {resource.plural} of {namespace or 'all namespaces'}"
        async with self._opened(resource.path(namespace), query, what, _of_watch) as response:
            yield _changes(response, what)

    @contextlib.asynccontextmanager
    async def log(
        self, namespace: str, pod: str, container: str, *, follow: bool, tail: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        query = {"container": container}
        query |= {"follow": "true"} if follow else {}
        query |= {"tailLines": str(tail)} if tail is not None else {}
        path, what = PODS.path(namespace, pod, "log"), f"log of pod {namespace}/{pod}"
        async with self._opened(path, query, what, _of_log) as response:
            yield _log(response, what)

    @contextlib.asynccontextmanager
    async def _opened(
        self,
        path: str,
        query: Mapping[str, str],
        what: str,
        refusal: Callable[[int, bytes, str], SQLFlowError],
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        request = await self._client.param_serialize(
            "GET", path, query_params=list(query.items()), auth_settings=["BearerToken"]
        )
        try:
            async with asyncio.timeout(_ANSWER):
                answer = await self._client.call_api(*request, _request_timeout=_FOREVER)
        except TimeoutError as error:
            raise UnavailableError(f"{what}: no answer in {_ANSWER:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UnavailableError(f"{what}: {error}") from error
        response: aiohttp.ClientResponse = answer.response
        try:
            if response.status >= _BAD_REQUEST:
                raise refusal(response.status, await response.read(), what)
            yield response
        finally:
            response.close()


async def _pieces(response: aiohttp.ClientResponse, what: str) -> AsyncIterator[bytes]:
    try:
        async for piece in response.content.iter_any():
            yield piece
    except (aiohttp.ClientError, OSError) as error:
        raise UnavailableError(f"{what}: {error}") from error


async def _log(response: aiohttp.ClientResponse, what: str) -> AsyncIterator[bytes]:
    begun = False
    async for piece in _pieces(response, what):
        if not begun and piece.startswith(_KUBELET_FAILED):
            raise UnavailableError(f"{what}: {piece[:_SHOWN].decode('utf-8', 'replace')}")
        begun = True
        yield piece


async def _changes(response: aiohttp.ClientResponse, what: str) -> AsyncIterator[Object]:
    """Give the lines of a watch, each of them a JSON object of any length."""
    rest: list[bytes] = []
    async for piece in _pieces(response, what):
        *lines, last = piece.split(b"\n")
        for line in lines:
            yield _change(b"".join((*rest, line)), what)
            rest.clear()
        if last:
            rest.append(last)


def _change(line: bytes, what: str) -> Object:
    change: Object = json.loads(line)
    if change["type"] == "ERROR":
        status = change["object"]
        raise _of_watch(int(status.get("code", 500)), json.dumps(status).encode(), what)
    return change


def _of_watch(status: int, body: bytes, what: str) -> SQLFlowError:
    if status == _GONE:
        return TooOldError(f"{what}: the version to go on from is too old")
    return from_answer(status, body, what=what)


def _of_log(status: int, body: bytes, what: str) -> SQLFlowError:
    """Tell apart what a log request is refused with.

    A kubelet that has just started answers 404 for the log, and means that it does not know yet.
    """
    kind, message = _details(body)
    if status == _BAD_REQUEST and any(words in message for words in _NOT_STARTED):
        return NotStartedError(f"{what}: {message}")
    if status == _NOT_FOUND:
        gone = kind == PODS.plural
        return (PodGoneError if gone else UnavailableError)(f"{what}: {message}")
    return from_answer(status, body, what=what)


def _details(body: bytes) -> tuple[str, str]:
    try:
        answer = json.loads(body)
        return str((answer.get("details") or {}).get("kind", "")), str(answer.get("message", ""))
    except (ValueError, AttributeError):
        return "", body[:_SHOWN].decode("utf-8", "replace")
