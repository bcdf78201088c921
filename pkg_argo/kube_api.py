"""An API server, asked over HTTP.

``kubernetes.aio`` lends its login and its connections. Its generated classes of each kind are left
alone, since they would drop what they do not know, and cost more than the request.

Each request has a deadline. None is repeated here: whoever asks knows whether it may be.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from pkg_argo.kube import Listing, Resource
from pkg_argo.kube_errors import RefusedError, from_answer
from sqlflow.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubernetes.aio.client import ApiClient

    from pkg_argo.kube import Object

_SECONDS: Final = 30.0
_PAGE: Final = 500
_NOT_FOUND: Final = 404
_GONE: Final = 410
_JSON: Final = "application/json"
_MERGE: Final = "application/merge-patch+json"
# Names, labels, owners and versions without the rest: a hundredth of the bytes of a Workflow.
_METADATA: Final = (
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
)
_REVIEWS: Final = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview"
)


class ApiKube:
    """An API server, spoken to through the client of ``kubernetes.aio``."""

    __slots__ = ("_client", "_seconds")

    def __init__(self, client: ApiClient, *, seconds: float = _SECONDS) -> None:
        self._client = client
        self._seconds = seconds

    async def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        return await self._found("GET", resource, namespace, name)

    async def list(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> Sequence[Object]:
        return (await self._list(resource, namespace, _selectors(labels, fields), _JSON)).objects

    async def listing(
        self, resource: Resource, namespace: str = "", *, labels: str = ""
    ) -> Listing:
        return await self._list(resource, namespace, _selectors(labels, ""), _JSON)

    async def list_metadata(
        self, resource: Resource, namespace: str = "", *, labels: str = ""
    ) -> Sequence[Object]:
        query = _selectors(labels, "")
        return (await self._list(resource, namespace, query, _METADATA)).objects

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        meta = body.get("metadata", {})  # A review has none.
        namespace, name = meta.get("namespace", ""), meta.get("name", "")
        query = {"fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
        what = f"create {resource.kind} {namespace}/{name}".removesuffix(" /")
        return await self._send("POST", resource.path(namespace), query, body=body, what=what)

    async def patch(
        self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Object | None:
        return await self._found("PATCH", resource, namespace, name, body=patch)

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Object | None:
        return await self._found(
            "PATCH", resource, namespace, name, body=patch, subresource="status"
        )

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str, grace: int | None = None
    ) -> bool:
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        found = await self._found("DELETE", resource, namespace, name, body=options)
        return found is not None

    async def may(self, verb: str, resource: Resource, namespace: str = "") -> bool:
        asked = {"verb": verb, "group": resource.group, "resource": resource.plural}
        body = {
            "apiVersion": _REVIEWS.api_version,
            "kind": _REVIEWS.kind,
            "spec": {"resourceAttributes": {**asked, "namespace": namespace}},
        }
        what = f"ask for the right to {verb} {resource.plural}"
        answer = await self._send("POST", _REVIEWS.path(), {}, body=body, what=what)
        return bool(answer["status"]["allowed"])

    async def _found(
        self,
        method: str,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        body: Mapping[str, Any] | None = None,
        subresource: str = "",
    ) -> Object | None:
        path = resource.path(namespace, name, subresource)
        what = " ".join((method.lower(), resource.kind, f"{namespace}/{name}", subresource)).strip()
        try:
            return await self._send(method, path, {}, body=body, what=what)
        except RefusedError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    async def _list(
        self, resource: Resource, namespace: str, query: dict[str, str], accept: str
    ) -> Listing:
        """List page by page. A list that changes too much meanwhile is an UnavailableError."""
        items: list[Object] = []
        query = {**query, "limit": str(_PAGE)}
        what = f"list {resource.plural} of {namespace or 'all namespaces'}"
        while True:
            page = await self._send(
                "GET", resource.path(namespace), query, what=what, accept=accept
            )
            items += page.get("items") or []
            more = page["metadata"].get("continue")
            if not more:
                return Listing(items, str(page["metadata"].get("resourceVersion", "")))
            query["continue"] = more

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        what: str,
        body: Mapping[str, Any] | None = None,
        accept: str = _JSON,
    ) -> Object:
        headers = {"Accept": accept, "Content-Type": _MERGE if method == "PATCH" else _JSON}
        try:
            async with asyncio.timeout(self._seconds):
                request = await self._client.param_serialize(
                    method,
                    path,
                    query_params=list(query.items()),
                    header_params=headers,
                    body=body,
                    auth_settings=["BearerToken"],
                )
                response = await self._client.call_api(*request, _request_timeout=self._seconds)
                content: bytes = await response.read()  # type: ignore[no-untyped-call]
        except TimeoutError as error:
            raise UnavailableError(f"{what}: no answer in {self._seconds:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UnavailableError(f"{what}: {error}") from error
        return _content(response.status, content, what)


def _content(status: int, content: bytes, what: str) -> Object:
    if status < 400:
        answer: Object = json.loads(content)
        return answer
    if status == _GONE:  # A page's continuation has aged: the list begins anew.
        raise UnavailableError(f"{what}: the list was too old to be continued")
    raise from_answer(status, content, what=what)


def _selectors(labels: str, fields: str) -> dict[str, str]:
    given = {"labelSelector": labels, "fieldSelector": fields}
    return {name: value for name, value in given.items() if value}
