"""What the API server makes of a SQLFlowJob: what it takes, what it refuses and with which words.

Nearly all is a dry run: the server checks as always and stores nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from kubernetes.aio import client

from pkg_argo import names
from pkg_argo.job import JobStatus, SQLFlowJob, StepStatus, WorkflowRef
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from kubernetes.aio.client import ApiClient

    from tests.cluster.support.clusters import Cluster, Namespaces

ROOT: Final = Path(__file__).resolve().parents[2]
CRD: Final = ROOT / "deploy/helm/sqlflow/files/sqlflowjobs.sqlflow.org.yaml"
NONE: Final = "<nil>"
TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"
DATA_SOURCE: Final = {"dialect": "mysql", "secretRef": {"name": "iris-db"}}
SOURCE: Final = {"program": "SELECT 1", "dataSource": DATA_SOURCE}
FULL: Final[dict[str, Any]] = {
    **SOURCE,
    "execution": "Sequential",
    "parallelism": 2,
    "image": "registry.example/sqlflow/step:1@sha256:0123",
    "stepDefaults": {
        "resources": {"cpu": 2, "memory": "4Gi", "disk": "500M", "gpu": 1},
        "nodeSelector": {"sqlflow.org/pool": "steps"},
        "tolerations": [
            {"operator": "Exists"},
            {"key": "gpu", "value": "yes", "effect": "NoExecute", "tolerationSeconds": 60},
        ],
        "retries": 1,
    },
    "activeDeadlineSeconds": 3600,
    "pendingDeadlineSeconds": 60,
    "fetchLeaseSeconds": 600,
    "ttlSecondsAfterFinished": 0,
    # So no operator starts anything for it.
    "suspend": True,
    "submitter": "ann@example.org",
    "idempotencyKey": "k" * 256,
}
STATUS: Final = JobStatus(
    phase=Phase.SUCCEEDED,
    reason="Completed",
    step="s02-train",
    progress="2/2",
    workflow=WorkflowRef(name="full-0123456789", uid="0", url="https://argo.example/full"),
    steps=(StepStatus(id="s01-select", kind="standard", phase=Phase.SUCCEEDED),),
)


class Refused(Exception):  # noqa: N818 - it tells what was refused
    """Told by field, reason and message; several sorted by field."""


class Server:
    """Asks the API server of one namespace."""

    def __init__(self, api: ApiClient, namespace: str) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._place = (names.GROUP, names.VERSION, namespace, names.PLURAL)

    async def create(self, spec: dict[str, Any], *, name: str = "new", dry: bool = True) -> Any:
        body = {
            "apiVersion": names.API_VERSION,
            "kind": names.KIND,
            "metadata": {"name": name},
            "spec": spec,
        }
        call = self._objects.create_namespaced_custom_object
        return await self._told(call(*self._place, body, **_asked(dry=dry)))

    async def change(self, name: str, *, dry: bool = True, **spec: Any) -> Any:
        return await self.patch(name, {"spec": spec}, dry=dry)

    async def patch(self, name: str, body: dict[str, Any], *, dry: bool = True) -> Any:
        call = self._objects.patch_namespaced_custom_object
        return await self._told(call(*self._place, name, body, **_patch(dry=dry)))

    async def change_status(
        self, name: str, status: dict[str, Any], *, as_table: bool = False
    ) -> Any:
        call = self._objects.patch_namespaced_custom_object_status
        headers = {"Accept": TABLE} if as_table else None
        body = {"status": status}
        return await self._told(
            call(*self._place, name, body, _headers=headers, **_patch(dry=True))
        )

    @staticmethod
    async def _told(call: Any) -> Any:
        try:
            return await call
        except client.ApiException as error:
            status = json.loads(error.body or "{}")
            causes = status.get("details", {}).get("causes")
            if not causes:
                raise Refused(status["message"]) from None
            # The last cause of a type or limit is of no field: that rules were not looked at.
            told = [(c["field"], c["reason"], c["message"]) for c in causes if c["field"] != NONE]
            raise Refused(*sorted(told)) from None


def _asked(*, dry: bool) -> dict[str, Any]:
    return {"field_validation": "Strict", "dry_run": "All" if dry else None}


def _patch(*, dry: bool) -> dict[str, Any]:
    return {**_asked(dry=dry), "_content_type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def place(cluster: Cluster, all_namespaces: Namespaces) -> str:
    """A namespace with two stored jobs: `full` has all fields, `bare` what it must have."""
    cluster.kubectl.apply(f"--filename={CRD}")
    cluster.kubectl.run("wait", "--for=condition=Established", f"--filename={CRD}")
    namespace = all_namespaces.make()
    for name, spec in (("full", FULL), ("bare", {**SOURCE, "suspend": True})):
        body = {
            "apiVersion": names.API_VERSION,
            "kind": names.KIND,
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        }
        cluster.kubectl.run("create", "--filename=-", stdin=json.dumps(body))
    return namespace


@pytest.fixture
def server(api: ApiClient, place: str) -> Server:
    return Server(api, place)


async def test_the_api_server_takes_a_job_with_all_fields(server: Server) -> None:
    made = await server.create(FULL)

    assert made["spec"] == {
        **FULL,
        "cancel": "",
        "dataSource": {"dialect": "mysql", "secretRef": {"name": "iris-db", "key": "dsn"}},
        "stepDefaults": {
            **FULL["stepDefaults"],
            "tolerations": [
                {"operator": "Exists"},
                {**FULL["stepDefaults"]["tolerations"][1], "operator": "Equal"},
            ],
        },
    }


async def test_what_the_api_server_has_is_what_the_model_reads_and_writes(server: Server) -> None:
    made = await server.create(FULL)

    written = SQLFlowJob.from_dict(made).to_dict()["spec"]

    assert (await server.create(written))["spec"] == {
        **made["spec"],
        "stepDefaults": {
            **made["spec"]["stepDefaults"],
            "resources": {**made["spec"]["stepDefaults"]["resources"], "cpu": "2"},
        },
    }


async def test_the_api_server_fills_in_the_defaults(server: Server) -> None:
    made = await server.create({"programFrom": _from_config_map(), "dataSource": DATA_SOURCE})

    assert made["spec"] == {
        "programFrom": _from_config_map(),
        "dataSource": {"dialect": "mysql", "secretRef": {"name": "iris-db", "key": "dsn"}},
        "execution": "Parallel",
        "suspend": False,
        "cancel": "",
    }


def _from_config_map() -> dict[str, Any]:
    return {"configMapKeyRef": {"name": "programs", "key": "iris.sql"}}


async def test_a_program_of_256_kib_is_taken(server: Server) -> None:
    program = "SELECT 1 -- " + "x" * (262144 - 12)

    assert (await server.create({**SOURCE, "program": program}))["spec"]["program"] == program


async def test_a_name_of_52_characters_is_taken(server: Server) -> None:
    assert (await server.create(SOURCE, name="a" * 52))["metadata"]["name"] == "a" * 52


async def test_a_longer_name_is_refused(server: Server) -> None:
    with pytest.raises(Refused) as caught:
        await server.create(SOURCE, name="a" * 53)

    assert caught.value.args == (
        ("metadata.name", "FieldValueTooLong", "Too long: may not be more than 52 bytes"),
    )


async def test_a_field_that_is_unknown_is_refused_when_asked_to_be_strict(server: Server) -> None:
    with pytest.raises(Refused, match=r'unknown field "spec\.progam"'):
        await server.create({**SOURCE, "progam": "SELECT 1"})


OBJECT: Final = 'Invalid value: "object": '
NO_PROGRAM: Final = (
    "spec",
    "FieldValueInvalid",
    OBJECT + "exactly one of program and programFrom must be set",
)


@pytest.mark.parametrize(
    "spec",
    [
        {"dataSource": DATA_SOURCE},
        {**SOURCE, "programFrom": _from_config_map()},
    ],
    ids=["none", "both"],
)
async def test_there_is_one_program(server: Server, spec: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        await server.create(spec)

    assert caught.value.args == (NO_PROGRAM,)


CHANGES: Final[dict[str, Any]] = {
    "dataSource": {"dialect": "postgres"},
    "execution": "Parallel",
    "program": "SELECT 2",
    "parallelism": 3,
    "image": "other",
    "stepDefaults": {"resources": {"memory": "8Gi"}},
    "activeDeadlineSeconds": 1,
    "pendingDeadlineSeconds": 1,
    "fetchLeaseSeconds": 1,
    "submitter": "bob",
    "idempotencyKey": "other",
}
OPTIONAL: Final = sorted(CHANGES.keys() - {"dataSource", "execution", "program"})


def _immutable(field: str) -> tuple[str, str, str]:
    message = f"Forbidden: {field} is immutable: create a new SQLFlowJob instead"
    return f"spec.{field}", "FieldValueForbidden", message


@pytest.mark.parametrize("field", CHANGES)
async def test_a_field_can_not_be_changed(server: Server, field: str) -> None:
    with pytest.raises(Refused) as caught:
        await server.change("full", **{field: CHANGES[field]})

    assert caught.value.args == (_immutable(field),)


@pytest.mark.parametrize("field", OPTIONAL)
async def test_a_field_can_not_be_taken_away(server: Server, field: str) -> None:
    with pytest.raises(Refused) as caught:
        await server.change("full", **dict[str, Any]({field: None}))

    assert caught.value.args == (_immutable(field),)


@pytest.mark.parametrize("field", OPTIONAL)
async def test_a_field_can_not_be_set_later(server: Server, field: str) -> None:
    with pytest.raises(Refused) as caught:
        await server.change("bare", **{field: FULL[field]})

    assert caught.value.args == (_immutable(field),)


async def test_a_program_can_not_be_had_from_elsewhere_later(server: Server) -> None:
    with pytest.raises(Refused) as caught:
        await server.change("bare", program=None, programFrom=_from_config_map())

    assert caught.value.args == (_immutable("program"), _immutable("programFrom"))


@pytest.mark.parametrize(
    "change",
    [{"suspend": False}, {"ttlSecondsAfterFinished": 60}, {"ttlSecondsAfterFinished": None}],
    ids=str,
)
async def test_what_steers_a_job_under_way_may_be_changed(
    server: Server, change: dict[str, Any]
) -> None:
    spec = (await server.change("full", **change))["spec"]

    assert {key: spec.get(key) for key in change} == change


async def test_cancel_goes_from_graceful_to_immediate_and_never_back(server: Server) -> None:
    await server.create({**SOURCE, "suspend": True}, name="cancelled", dry=False)
    taken_back = (
        "spec.cancel",
        "FieldValueForbidden",
        "Forbidden: cancel cannot be taken back: it only goes from Graceful to Immediate",
    )

    assert (await server.change("cancelled", cancel="Immediate"))["spec"]["cancel"] == "Immediate"
    await server.change("cancelled", cancel="Graceful", dry=False)
    for back in ("", None):
        with pytest.raises(Refused) as caught:
            await server.change("cancelled", cancel=back)
        assert caught.value.args == (taken_back,)
    await server.change("cancelled", cancel="Immediate", dry=False)
    for back in ("", "Graceful"):
        with pytest.raises(Refused) as caught:
            await server.change("cancelled", cancel=back)
        assert caught.value.args == (taken_back,)


@pytest.mark.parametrize(
    ("toleration", "field", "message"),
    [
        (
            {"key": "a", "operator": "Exists", "value": "b"},
            "value",
            OBJECT + "value must be empty when operator is Exists",
        ),
        (
            {"value": "b"},
            "operator",
            OBJECT + "operator must be Exists when key is empty",
        ),
        (
            {"key": "a", "effect": "NoSchedule", "tolerationSeconds": 1},
            "effect",
            OBJECT + "effect must be NoExecute when tolerationSeconds is set",
        ),
    ],
    ids=["value", "operator", "effect"],
)
async def test_a_toleration_that_no_pod_may_have_is_refused(
    server: Server, toleration: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(Refused) as caught:
        await server.create({**SOURCE, "stepDefaults": {"tolerations": [toleration]}})

    path = f"spec.stepDefaults.tolerations[0].{field}"
    assert caught.value.args == ((path, "FieldValueInvalid", message),)


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        ({"program": ""}, "program", "should be at least 1 chars long"),
        ({"program": "x" * 262145}, "program", "may not be more than 262144 bytes"),
        ({"dataSource": {"dialect": "hive"}}, "dataSource.dialect", 'Unsupported value: "hive"'),
        ({"dataSource": None}, "dataSource", "Required value"),
        ({"execution": "Random"}, "execution", 'supported values: "Parallel", "Sequential"'),
        ({"cancel": "Now"}, "cancel", 'supported values: "", "Graceful", "Immediate"'),
        ({"parallelism": 0}, "parallelism", "greater than or equal to 1"),
        ({"image": "{{workflow.name}}"}, "image", "should match"),
        ({"stepDefaults": {"retries": 100}}, "stepDefaults.retries", "less than or equal to 99"),
        (
            {"stepDefaults": {"resources": {"memory": "lots"}}},
            "stepDefaults.resources.memory",
            "should match",
        ),
        ({"activeDeadlineSeconds": 0}, "activeDeadlineSeconds", "greater than or equal to 1"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
async def test_a_value_that_can_not_be_is_refused(
    server: Server, spec: dict[str, Any], field: str, message: str
) -> None:
    given = {**SOURCE, **spec}
    if isinstance(given["dataSource"], dict):
        given["dataSource"] = {**DATA_SOURCE, **given["dataSource"]}

    with pytest.raises(Refused) as caught:
        await server.create({key: value for key, value in given.items() if value is not None})

    told = {path: text for path, _, text in caught.value.args}
    assert message in told[f"spec.{field}"]


async def test_the_status_is_written_by_its_own_way_only(server: Server) -> None:
    status = STATUS.to_dict()

    written = await server.change_status("full", status)
    ignored = await server.patch("full", {"status": {"phase": "Failed"}})

    # An operator may be at work and have said more.
    assert {key: written["status"].get(key) for key in status} == status
    assert ignored.get("status", {}).get("phase") != "Failed"


async def test_a_status_of_the_largest_size_is_taken(server: Server) -> None:
    steps = tuple(
        StepStatus(id=f"s{number:03}-select", message="x" * 2000, reason="y" * 80)
        for number in range(1, 201)
    )
    status = JobStatus(phase=Phase.FAILED, message="x" * 9000, steps=steps)

    written = await server.change_status("full", status.to_dict())

    assert len(written["status"]["steps"]) == 200


DUPLICATE: Final = 'Duplicate value: map[string]interface {}{"id":"s01-select"}'


async def test_a_status_has_no_step_twice(server: Server) -> None:
    steps = [{"id": "s01-select"}, {"id": "s01-select"}]

    with pytest.raises(Refused) as caught:
        await server.change_status("full", {"steps": steps})

    assert caught.value.args == (("status.steps[1]", "FieldValueDuplicate", DUPLICATE),)


async def test_columns_show_where_a_job_is(server: Server) -> None:
    table = await server.change_status("full", STATUS.to_dict(), as_table=True)

    shown = dict(
        zip((c["name"] for c in table["columnDefinitions"]), table["rows"][0]["cells"], strict=True)
    )
    assert shown.pop("Age")
    assert shown == {
        "Name": "full",
        "Phase": "Succeeded",
        "Step": "s02-train",
        "Reason": "Completed",
        "Workflow": "full-0123456789",
        "User": "ann@example.org",
    }


@pytest.mark.parametrize(
    ("output", "columns"),
    [
        ("--output=", ["NAME", "PHASE", "STEP", "REASON", "AGE"]),
        ("--output=wide", ["NAME", "PHASE", "STEP", "REASON", "AGE", "WORKFLOW", "USER"]),
    ],
    ids=["plain", "wide"],
)
async def test_kubectl_shows_the_columns(
    cluster: Cluster, place: str, output: str, columns: list[str]
) -> None:
    shown = cluster.kubectl.run("get", "sfj", f"--namespace={place}", output)

    assert shown.splitlines()[0].split() == columns


async def test_kubectl_lists_jobs_by_the_category_of_the_product(
    cluster: Cluster, server: Server, place: str
) -> None:
    listed = cluster.kubectl.run("get", "sqlflow", f"--namespace={place}", "--output=name")

    assert {"sqlflowjob.sqlflow.org/bare", "sqlflowjob.sqlflow.org/full"} <= {*listed.split()}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("spec.program", "The SQL program: statements, separated by semicolons"),
        ("spec.cancel", "Graceful: the running steps are asked to end"),
        ("spec.stepDefaults.resources.memory", "Memory, such as 4Gi."),
        ("status.steps.reason", "such as ImagePullBackOff or OOMKilled"),
    ],
)
async def test_kubectl_explains_a_field(
    cluster: Cluster, server: Server, field: str, text: str
) -> None:
    explained = cluster.kubectl.run("explain", f"sfj.{field}")

    assert text in " ".join(explained.split())
