"""An operator that can't start says why in one line, and ends with a code of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlflow_operator import starting
from sqlflow_operator.metrics import ListenError
from sqlflow_operator.settings import Settings
from sqlflow_operator.starting import RightsError

from pkg_argo.kube_errors import RefusedError, from_answer
from pkg_argo.templates import TemplateError
from tests.unit.operator.clusters import FakeKube

if TYPE_CHECKING:
    from pkg_argo.kube import Resource

PROJECT = Path(__file__).parents[3]
STARTS = {
    "python -m": [sys.executable, "-m", "sqlflow_operator"],
    "kopf run": [
        *(sys.executable, "-m", "kopf", "run", "--standalone", "--all-namespaces"),
        str(PROJECT / "operator" / "main.py"),
    ],
}
SETTINGS = {"STEP_IMAGE": "step:1", "LIVENESS": "", "METRICS_PORT": "0"}
AWAY = """
apiVersion: v1
kind: Config
current-context: one
clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: me, user: {token: secret-token}}]
contexts: [{name: one, context: {cluster: here, user: me}}]
"""


def start(how: str, kubeconfig: str, **settings: str) -> tuple[int, str]:
    """Start an operator; return its exit code and all that it said."""
    given = {**SETTINGS, **settings}
    environment = {
        **os.environ,
        **{f"SQLFLOW_OPERATOR_{name}": value for name, value in given.items()},
        "KUBECONFIG": kubeconfig,
    }
    done = subprocess.run(
        STARTS[how],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        env=environment,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("how", STARTS)
def test_a_setting_that_can_not_be(how, tmp_path):
    assert start(how, str(tmp_path / "absent"), STEP_IMAGE="", WORKFLOW_URL="{x}") == (
        2,
        (
            "sqlflow-operator: can't start:"
            " SQLFLOW_OPERATOR_STEP_IMAGE: String should have at least 1 character;"
            " SQLFLOW_OPERATOR_WORKFLOW_URL: expected a URL with {namespace} and {name} only,"
            " found '{x}'\n"
        ),
    )


def test_a_template_that_makes_no_workflow(tmp_path):
    (tmp_path / "step.yaml.j2").write_text("container:\n  image: {{ imgae | tojson }}\n")
    assert start("python -m", str(tmp_path / "absent"), TEMPLATES=str(tmp_path)) == (
        2,
        (
            f"sqlflow-operator: can't start: {tmp_path}: template step.yaml.j2, line 2:"
            " 'imgae' is undefined."
            " What templates may say is in docs/operator.md, Changing the Workflow\n"
        ),
    )


def test_no_login(tmp_path):
    assert start("python -m", str(tmp_path / "absent")) == (
        2,
        (
            f"sqlflow-operator: can't start: there is no kubeconfig {tmp_path}/absent."
            " Name a kubeconfig in KUBECONFIG, or run the operator in a pod, as the chart does\n"
        ),
    )


@pytest.mark.parametrize("how", STARTS)
def test_an_api_server_that_is_away(how, tmp_path):
    (tmp_path / "config").write_text(AWAY)
    code, said = start(how, str(tmp_path / "config"))
    assert code == 3
    assert said.startswith(
        "sqlflow-operator: can't start: list sqlflowjobs of all namespaces:"
        " Cannot connect to host 127.0.0.1:1"
    )
    assert said.endswith(". Check that the API server is up, and reached from here\n")
    assert said.count("\n") == 1


def test_a_folder_without_templates(tmp_path):
    settings = Settings(step_image="step:1", templates=tmp_path)
    with pytest.raises(TemplateError, match=r": expected step\.yaml\.j2 or workflow\.yaml\.j2 in"):
        starting.workflow_settings(settings)


def refusal(status: int, message: str) -> Exception:
    body = f'{{"reason": "No", "message": "{message}"}}'
    return from_answer(status, body.encode(), what="list workflows of jobs")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            refusal(404, "the server could not find the requested resource"),
            (
                "list workflows of jobs: the server could not find the requested resource."
                " Install the type: SQLFlowJob is in"
                " deploy/helm/sqlflow/files/sqlflowjobs.sqlflow.org.yaml,"
                " Workflow comes with Argo Workflows"
            ),
        ),
        (
            refusal(401, "Unauthorized"),
            (
                "list workflows of jobs: Unauthorized."
                " The API server does not know this login: it may have expired"
            ),
        ),
        (
            refusal(403, "forbidden"),
            (
                "list workflows of jobs: forbidden."
                " Grant it: the chart gives the operator's account all rights of docs/operator.md"
            ),
        ),
        (
            ListenError("can't listen on 127.0.0.1:1: taken"),
            (
                "can't listen on 127.0.0.1:1: taken. Set another port in"
                " SQLFLOW_OPERATOR_METRICS_PORT or SQLFLOW_OPERATOR_LIVENESS"
            ),
        ),
    ],
)
def test_what_is_told_says_what_to_do(error, told):
    assert starting.told(error) == told


@pytest.mark.parametrize(
    ("namespaces", "told"),
    [((), "pods of all namespaces"), (("one", "two"), "pods of namespace two")],
)
async def test_a_watch_that_is_forbidden_is_told(namespaces, told):
    kube = FakeKube()
    kube.forbidden = {("watch", "pods", namespaces[-1] if namespaces else "")}
    settings = Settings(step_image="step:1", namespaces=namespaces)
    with pytest.raises(RightsError, match=f"^may not watch {told}$"):
        await starting.check(kube, settings, starting.workflow_settings(settings))


@pytest.fixture
def templates(tmp_path):
    (tmp_path / "step.yaml.j2").write_text('{% include "sqlflow/step.yaml.j2" %}\nhostAlias: []\n')
    return Settings(step_image="step:1", templates=tmp_path, namespaces=("jobs",))


def refusing(status: int) -> FakeKube:
    def refuse(verb: str, resource: Resource) -> None:
        assert (verb, resource.plural) == ("try", "workflows")
        raise refusal(status, "unknown field hostAlias")

    kube = FakeKube()
    kube.before = refuse
    return kube


async def test_templates_that_argo_does_not_take_are_told(templates):
    with pytest.raises(TemplateError, match=r"Argo takes no Workflow .*: unknown field hostAlias$"):
        await starting.check(refusing(400), templates, starting.workflow_settings(templates))


async def test_what_the_server_refuses_for_another_reason_is_left_to_jobs(templates):
    assert isinstance(refusal(403, ""), RefusedError)
    await starting.check(refusing(403), templates, starting.workflow_settings(templates))


async def test_without_templates_of_an_administrator_nothing_is_tried():
    kube, settings = FakeKube(), Settings(step_image="step:1")
    await starting.check(kube, settings, starting.workflow_settings(settings))
    assert kube.writes == []
