"""The API server's client, against a server that answers what it is told to."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import ApiClient, Configuration

from pkg_argo.kube import CONFIG_MAPS, JOBS, PODS, WORKFLOWS
from pkg_argo.kube_api import ApiKube
from pkg_argo.kube_errors import AlreadyThereError, ChangedError, RefusedError
from sqlflow.errors import UnavailableError


class Server:
    """Answers with what is next on its list, and notes what it was asked for."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[web.Request] = []
        self.bodies: list[Any] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        text = await request.text()
        self.bodies.append(json.loads(text) if text else None)
        status, body = self.answers.pop(0)
        if status == 0:
            await asyncio.Event().wait()
        return web.json_response(body, status=status)


def no(status: int, reason: str, message: str = "no", causes: tuple[str, ...] = ()):
    details = {"causes": [{"reason": cause} for cause in causes]}
    return status, {"kind": "Status", "reason": reason, "message": message, "details": details}


@pytest.fixture
async def server():
    return Server()


@pytest.fixture
async def client(server):
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    async with TestServer(app) as running:
        configuration = Configuration(host=str(running.make_url("")).rstrip("/"))
        configuration.api_key["BearerToken"] = "bearer secret"
        async with ApiClient(configuration) as client:
            yield client


@pytest.fixture
def kube(client):
    return ApiKube(client)


async def test_an_object_is_read_where_its_group_has_it(kube, server):
    server.answers = [(200, {"a": 1}), (200, {"b": 2})]
    assert await kube.get(PODS, "jobs", "p") == {"a": 1}
    assert await kube.get(WORKFLOWS, "jobs", "w") == {"b": 2}
    assert [it.path for it in server.asked] == [
        "/api/v1/namespaces/jobs/pods/p",
        "/apis/argoproj.io/v1alpha1/namespaces/jobs/workflows/w",
    ]


async def test_the_login_is_sent(kube, server):
    server.answers = [(200, {})]
    await kube.get(PODS, "jobs", "p")
    assert server.asked[0].headers["Authorization"] == "bearer secret"


async def test_what_is_not_there_is_none(kube, server):
    server.answers = [no(404, "NotFound")] * 4
    assert await kube.get(PODS, "jobs", "p") is None
    assert await kube.patch(PODS, "jobs", "p", {}) is None
    assert await kube.patch_status(JOBS, "jobs", "j", {}) is None
    assert await kube.delete(PODS, "jobs", "p", uid="u") is False


async def test_a_list_is_read_page_by_page(kube, server):
    server.answers = [
        (200, {"metadata": {"continue": "next page"}, "items": [{"n": 1}]}),
        (200, {"metadata": {}, "items": [{"n": 2}]}),
    ]
    assert await kube.list(PODS, "jobs", labels="a=b") == [{"n": 1}, {"n": 2}]
    assert [dict(it.query) for it in server.asked] == [
        {"labelSelector": "a=b", "limit": "500"},
        {"labelSelector": "a=b", "limit": "500", "continue": "next page"},
    ]


async def test_a_list_without_a_namespace_is_of_all(kube, server):
    server.answers = [(200, {"metadata": {}, "items": None})]
    assert await kube.list(JOBS, fields="metadata.name=x") == []
    assert server.asked[0].path == "/apis/sqlflow.org/v1alpha1/sqlflowjobs"
    assert server.asked[0].query["fieldSelector"] == "metadata.name=x"


async def test_metadata_alone_is_asked_for_by_its_type(kube, server):
    server.answers = [(200, {"metadata": {}, "items": []})]
    await kube.list_metadata(WORKFLOWS, "jobs")
    assert "as=PartialObjectMetadataList" in server.asked[0].headers["Accept"]


async def test_a_list_that_has_aged_is_asked_for_another_time(kube, server):
    server.answers = [
        (200, {"metadata": {"continue": "x"}, "items": []}),
        no(410, "Expired"),
    ]
    with pytest.raises(UnavailableError, match="too old to be continued"):
        await kube.list(PODS, "jobs")


async def test_the_list_of_a_type_that_is_not_installed_is_refused(kube, server):
    server.answers = [no(404, "NotFound")]
    with pytest.raises(RefusedError, match="list sqlflowjobs of all namespaces"):
        await kube.list(JOBS)


async def test_a_create_is_strict(kube, server):
    body = {"metadata": {"name": "c", "namespace": "jobs"}, "data": {"text": "é {{x}}"}}
    server.answers = [(201, body)]
    assert await kube.create(CONFIG_MAPS, body) == body
    assert server.asked[0].path == "/api/v1/namespaces/jobs/configmaps"
    assert dict(server.asked[0].query) == {"fieldValidation": "Strict"}
    assert server.bodies == [body]


async def test_a_dry_run_creates_nothing(kube, server):
    server.answers = [(201, {})]
    await kube.create(WORKFLOWS, {"metadata": {"name": "w", "namespace": "jobs"}}, dry_run=True)
    assert dict(server.asked[0].query) == {"fieldValidation": "Strict", "dryRun": "All"}


@pytest.mark.parametrize("allowed", [True, False])
async def test_ones_own_rights_are_asked_for(kube, server, allowed):
    server.answers = [(201, {"status": {"allowed": allowed}})]
    assert await kube.may("watch", WORKFLOWS, "jobs") is allowed
    assert server.asked[0].path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert server.bodies[0]["spec"]["resourceAttributes"] == {
        "verb": "watch",
        "group": "argoproj.io",
        "resource": "workflows",
        "namespace": "jobs",
    }


async def test_a_patch_merges(kube, server):
    server.answers = [(200, {}), (200, {})]
    await kube.patch(WORKFLOWS, "jobs", "w", {"spec": {"shutdown": "Stop"}})
    await kube.patch_status(JOBS, "jobs", "j", {"status": {"reason": None}})
    assert [it.content_type for it in server.asked] == ["application/merge-patch+json"] * 2
    assert server.asked[1].path.endswith("/sqlflowjobs/j/status")
    assert server.bodies == [{"spec": {"shutdown": "Stop"}}, {"status": {"reason": None}}]


async def test_a_delete_means_one_object_and_no_other(kube, server):
    server.answers = [(200, {})]
    assert await kube.delete(PODS, "jobs", "p", uid="u-1", grace=1) is True
    assert server.bodies[0]["preconditions"] == {"uid": "u-1"}
    assert server.bodies[0]["gracePeriodSeconds"] == 1


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (no(409, "AlreadyExists", "is there"), AlreadyThereError, "create Pod jobs/p: is there"),
        (no(409, "Conflict", "changed"), ChangedError, "create Pod jobs/p: changed"),
        (no(403, "Forbidden", "may not"), RefusedError, "create Pod jobs/p: may not"),
        (no(422, "Invalid", "wrong"), RefusedError, "create Pod jobs/p: wrong"),
        (no(404, "NotFound", "no namespace"), RefusedError, "create Pod jobs/p: no namespace"),
        (no(401, "Unauthorized"), UnavailableError, "create Pod jobs/p: no"),
        (no(429, "TooManyRequests"), UnavailableError, "create Pod jobs/p: no"),
        (no(500, "InternalError"), UnavailableError, "create Pod jobs/p: no"),
        ((502, "a proxy's words"), UnavailableError, "create Pod jobs/p: HTTP status 502"),
        ((400, ["odd"]), RefusedError, "create Pod jobs/p: HTTP status 400"),
    ],
)
async def test_a_refusal_becomes_the_error_that_tells_what_to_do(kube, server, answer, error, told):
    server.answers = [answer]
    with pytest.raises(error) as caught:
        await kube.create(PODS, {"metadata": {"name": "p", "namespace": "jobs"}})
    assert str(caught.value) == told


async def test_a_refusal_keeps_its_causes(kube, server):
    server.answers = [no(403, "Forbidden", causes=("NamespaceTerminating",))]
    with pytest.raises(RefusedError) as caught:
        await kube.create(PODS, {"metadata": {"name": "p", "namespace": "jobs"}})
    assert (caught.value.status, caught.value.causes) == (403, ("NamespaceTerminating",))


async def test_a_server_that_does_not_answer_is_not_waited_for(client, server):
    server.answers = [(0, None)]
    with pytest.raises(UnavailableError, match=r"get Pod jobs/p: no answer in 0\.5 s"):
        await ApiKube(client, seconds=0.5).get(PODS, "jobs", "p")


async def test_a_server_that_is_not_there_is_unavailable():
    async with ApiClient(Configuration(host="http://127.0.0.1:1")) as client:
        with pytest.raises(UnavailableError, match="get Pod jobs/p: "):
            await ApiKube(client).get(PODS, "jobs", "p")
