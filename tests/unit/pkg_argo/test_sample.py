"""Templates of an administrator are tried on a sample job; the documented ones pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pkg_argo import sample
from pkg_argo.templates import TemplateError, Templates
from pkg_argo.workflows import WorkflowSettings
from tests.golden import documented

SETTINGS = WorkflowSettings(image="registry/step:1")
INCLUDED = '{% include "sqlflow/FILE" %}\n'


def workflow(folder: Path, file: str, text: str) -> dict[str, Any]:
    (folder / file).write_text(text)
    return sample.workflow(replace(SETTINGS, templates=Templates(folder)))


def own(file: str) -> str:
    return (Path(__file__).parents[3] / "argo_templates" / file).read_text("utf-8")


def test_the_packages_templates_pass() -> None:
    made = sample.workflow(SETTINGS, namespace="team-a")

    assert made["metadata"]["namespace"] == "team-a"
    assert [it["name"] for it in made["spec"]["templates"]] == ["main", "s01-select"]


@pytest.mark.parametrize("file", ["step.yaml.j2", "workflow.yaml.j2"])
def test_a_copy_of_the_packages_passes(tmp_path: Path, file: str) -> None:
    assert workflow(tmp_path, file, own(file)) == sample.workflow(SETTINGS)


def test_a_wrapper_before_the_command_passes(tmp_path: Path) -> None:
    text = own("step.yaml.j2").replace("[python,", "[tini, --, python,")

    container = workflow(tmp_path, "step.yaml.j2", text)["spec"]["templates"][-1]["container"]

    assert container["command"][:3] == ["tini", "--", "python"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("-m, sqlflow.step", "-c, pass", "container.command has to hold what sqlflow/step.yaml.j2"),
        ("SQLFLOW_TERMINATION_MESSAGE", "OTHER", "container.env has to hold"),
        (
            "mountPath: /sqlflow/data-source",
            "mountPath: /dsn",
            "container.volumeMounts has to hold",
        ),
        ("container:", "script:", "expected a container"),
        ("container:\n", "container:\n  args: [more]\n", "container.args has to be left out"),
        ("container:", "retryStrategy: {limit: 3}\ncontainer:", "retryStrategy has to be left out"),
    ],
)
def test_a_step_that_could_not_run_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = own("step.yaml.j2").replace(old, new, 1)

    with pytest.raises(TemplateError) as refused:
        workflow(tmp_path, "step.yaml.j2", text)

    assert str(refused.value).startswith(f"template step.yaml.j2: {message}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("onExit: main", "spec.onExit has to be left out: a job is over when its statements are"),
        ("shutdown: Stop", "spec.shutdown has to be left out: it would end every job"),
        ("retryStrategy: {limit: 3}", "spec.retryStrategy has to be left out"),
        ("templateDefaults: {retryStrategy: {limit: 3}}", "spec.templateDefaults has to be left"),
        ("templates: [1]", "a template has no name"),
    ],
)
def test_a_workflow_that_would_not_be_the_jobs_is_refused(
    tmp_path: Path, line: str, message: str
) -> None:
    text = f"{INCLUDED.replace('FILE', 'workflow.yaml.j2')}  {line}\n"

    with pytest.raises(TemplateError) as refused:
        workflow(tmp_path, "workflow.yaml.j2", text)

    assert message in str(refused.value)


def test_a_workflow_without_the_steps_volumes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"spec\.volumes has to hold program and data-source"):
        workflow(tmp_path, "workflow.yaml.j2", "spec: {volumes: []}")


def test_the_documents_examples_do_what_they_say(tmp_path: Path) -> None:
    for file, text in documented.templates().items():
        (tmp_path / file).write_text(text)

    made = sample.workflow(replace(SETTINGS, templates=Templates(tmp_path)))

    step = made["spec"]["templates"][-1]
    assert step["nodeSelector"] == {"pool": "sql"}
    assert [it["name"] for it in step["sidecars"]] == ["proxy"]
    assert made["spec"]["priority"] == 10
    expected = sample.workflow(SETTINGS)
    assert step["container"] == expected["spec"]["templates"][-1]["container"]
    assert made["spec"]["volumes"] == expected["spec"]["volumes"]
