"""A job and its program become a Workflow and a ConfigMap."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pkg_argo import workflows
from pkg_argo.job import SQLFlowJob
from pkg_argo.templates import TemplateError, Templates
from pkg_argo.workflows import WorkflowSettings
from sqlflow.errors import LimitError, ProgramError
from sqlflow.plan import Program, plan_program
from sqlflow.plan.program import Kind, Statement
from tests.golden import rendering

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = WorkflowSettings(image="registry/step:1")
OWNER = {
    "apiVersion": "sqlflow.org/v1alpha1",
    "kind": "SQLFlowJob",
    "name": "iris",
    "uid": "0f0f",
    "controller": True,
    "blockOwnerDeletion": False,
}
LABELS = {
    "app.kubernetes.io/managed-by": "sqlflow",
    "sqlflow.org/job": "iris",
    "sqlflow.org/job-uid": "0f0f",
}
TWO = plan_program("SELECT 1; INSERT INTO t VALUES (1)", dialect="mysql")


def job(*, secret: str = "warehouse", **spec: Any) -> SQLFlowJob:
    source = {"dialect": "mysql", "secretRef": {"name": secret}}
    return SQLFlowJob.from_dict(
        {
            "metadata": {"name": "iris", "namespace": "jobs", "uid": "0f0f"},
            "spec": {"program": "SELECT 1", "dataSource": source, **spec},
        }
    )


def program(*texts: str) -> Program:
    """A program of these texts, whatever is in them."""
    statements = (
        Statement(id=f"s{index:02d}-select", index=index, kind=Kind.STANDARD, text=text)
        for index, text in enumerate(texts, start=1)
    )
    return Program(dialect="mysql", statements=tuple(statements))


def build(of: SQLFlowJob, planned: Program = TWO, folder: Path | None = None) -> dict[str, Any]:
    settings = replace(SETTINGS, templates=Templates(folder)) if folder else SETTINGS
    return workflows.build(of, planned, settings)


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [it for it in workflow["spec"]["templates"] if "container" in it]


@pytest.mark.parametrize("name", rendering.NAMES)
def test_a_workflow_is_as_its_golden_file_says(name: str) -> None:
    # If the change is meant: python -m tests.golden.rendering
    assert rendering.render(rendering.job(name)) == rendering.golden(name)


def test_workflow_and_config_map_belong_to_the_job() -> None:
    for made in (build(job()), workflows.config_map(job(), TWO)):
        assert made["metadata"] == {
            "name": "iris-49a20bf657",
            "namespace": "jobs",
            "labels": LABELS,
            "ownerReferences": [OWNER],
        }


def test_the_config_map_can_not_be_changed_afterwards() -> None:
    assert workflows.config_map(job(), TWO)["immutable"] is True


def test_each_pod_says_which_job_and_step_it_is_of() -> None:
    workflow = build(job())

    assert workflow["spec"]["podMetadata"] == {"labels": LABELS}
    assert [(it["name"], it["metadata"]) for it in steps(workflow)] == [
        ("s01-select", {"labels": {"sqlflow.org/step": "s01-select"}}),
        ("s02-insert", {"labels": {"sqlflow.org/step": "s02-insert"}}),
    ]


def test_the_jobs_image_goes_before_the_operators() -> None:
    assert {it["container"]["image"] for it in steps(build(job()))} == {"registry/step:1"}
    assert {it["container"]["image"] for it in steps(build(job(image="mine:2")))} == {"mine:2"}


def test_nothing_is_tried_again_that_nobody_asked_for() -> None:
    assert not any("retryStrategy" in it for it in steps(build(job())))


@pytest.mark.parametrize("spec", [{}, {"ttlSecondsAfterFinished": 5}])
def test_argo_deletes_no_workflow_that_its_job_still_has(spec: dict[str, Any]) -> None:
    assert "ttlStrategy" not in build(job(**spec))["spec"]


@given(st.text())
@example("{{workflow.name}} {{=1+1}} $(X) `id` 'a' \"b\"\r\n---\n\u2028 é中😀\x00\x7f\ufffe")
def test_a_statements_text_is_in_the_config_map_alone_and_unchanged(text: str) -> None:
    planned = program(text)

    (read,) = Program.from_json(_sent(workflows.config_map(job(), planned))).statements
    assert read.text == text
    assert build(job(), planned) == build(job(), program("SELECT 1"))


def _sent(config_map: dict[str, Any]) -> str:
    """Return the program's file after a way over the wire."""
    received = json.loads(json.dumps(config_map).encode())
    return str(received["data"]["program.json"])


@given(
    st.lists(
        st.sampled_from(["SELECT", "INSERT INTO t SELECT", "Create Table", "é", "f(", "?"]),
        min_size=1,
        max_size=5,
    )
)
def test_names_are_such_as_argo_takes(words: list[str]) -> None:
    try:
        planned = plan_program("; ".join(f"{word} 1" for word in words), dialect="mysql")
    except ProgramError:
        return
    names = [it["name"] for it in build(job(), planned)["spec"]["templates"]]

    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name) for name in names)


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"stepDefaults": {"tolerations": [{"key": "{{x}}"}]}}, "[1].tolerations[0].key"),
        ({"stepDefaults": {"nodeSelector": {"{{pod.name}}": "x"}}}, "[1].nodeSelector"),
    ],
)
def test_what_argo_would_substitute_is_refused(spec: dict[str, Any], place: str) -> None:
    with pytest.raises(ProgramError, match=re.escape(f"step s01-select{place} holds '{{{{'")):
        build(job(**spec))


def test_a_resource_that_no_step_can_have_is_refused_with_its_statement() -> None:
    text = "SELECT 1;\nSET step.memory = 512;\nSELECT 2"

    with pytest.raises(ProgramError) as refused:
        build(job(), plan_program(text, dialect="mysql"))

    assert str(refused.value) == (
        "statement 2, line 3: expected a size from 32Mi to 64Ti for step.memory, found '512'"
    )


def test_a_program_that_fits_no_config_map_is_refused() -> None:
    with pytest.raises(LimitError, match=r"the planned program has .* the limit is 921,600;"):
        workflows.config_map(job(), program("x" * 921_600))


def test_a_workflow_fits_the_plan_that_it_was_made_of_whatever_an_administrator_added() -> None:
    flow = build(job())
    flow["spec"]["templates"][0]["dag"]["tasks"].append({"name": "notify", "template": "notify"})
    flow["spec"]["templates"].append({"name": "notify", "container": {}})

    assert workflows.fits(flow, TWO)


@pytest.mark.parametrize(
    "other",
    [
        plan_program("INSERT INTO t SELECT 1", dialect="mysql"),
        plan_program("CREATE TABLE t AS SELECT 1; INSERT INTO t SELECT 2", dialect="mysql"),
        plan_program("INSERT INTO t SELECT 1; SELECT * FROM t; SELECT 2", dialect="mysql"),
    ],
    ids=["fewer", "another order", "more"],
)
def test_a_workflow_does_not_fit_a_plan_of_other_steps(other: Program) -> None:
    planned = plan_program("INSERT INTO t SELECT 1; SELECT * FROM t", dialect="mysql")

    assert workflows.fits(build(job(), planned), planned)
    assert not workflows.fits(build(job(), planned), other)


def test_a_workflow_that_argo_would_give_up_on_is_refused() -> None:
    tolerations = [{"key": "k" * 300} for _ in range(16)]
    many = program(*(["SELECT 1"] * 200))

    with pytest.raises(LimitError, match=r"the Workflow has .* the limit is 786,432;"):
        build(job(stepDefaults={"tolerations": tolerations}), many)


def test_a_program_of_200_statements_fits() -> None:
    text = "INSERT INTO t VALUES (1);" * 200

    assert len(steps(build(job(), plan_program(text, dialect="mysql")))) == 200


def test_nothing_that_an_administrator_added_is_lost(tmp_path: Path) -> None:
    workflow = _packaged("workflow") | {"x-theirs": 1}
    workflow["metadata"] = {"annotations": {"team": "data"}, "labels": {"cost": "7"}}
    workflow["spec"]["onExit"] = "tell"
    workflow["spec"]["templates"] = [{"name": "tell", "suspend": {"duration": "{{workflow.name}}"}}]
    workflow["spec"]["volumes"].append({"name": "cache", "emptyDir": {}})
    step = _packaged("step") | {"futureField": {"a": [1]}, "tolerations": [{"key": "theirs"}]}
    step["container"]["env"].append({"name": "THEIRS", "value": "1"})
    _write(tmp_path, workflow=workflow, step=step)

    built = build(
        job(stepDefaults={"tolerations": [{"key": "ours"}], "resources": {"cpu": 1}}),
        folder=tmp_path,
    )

    spec, first = built["spec"], steps(built)[0]
    assert built["x-theirs"] == 1
    assert built["metadata"]["annotations"] == {"team": "data"}
    assert built["metadata"]["labels"] == {"cost": "7", **LABELS}
    assert spec["onExit"] == "tell"
    assert [it["name"] for it in spec["templates"]] == ["tell", "main", "s01-select", "s02-insert"]
    assert [it["name"] for it in spec["volumes"]] == ["program", "data-source", "tmp", "cache"]
    assert first["futureField"] == {"a": [1]}
    assert first["tolerations"] == [{"key": "theirs"}, {"key": "ours", "operator": "Equal"}]
    assert first["container"]["env"][-1] == {"name": "THEIRS", "value": "1"}
    assert first["container"]["resources"] == {
        "requests": {"cpu": "1", "memory": "256Mi"},
        "limits": {"cpu": "1"},
    }


def test_an_administrators_template_with_the_name_of_a_step_is_refused(tmp_path: Path) -> None:
    workflow = _packaged("workflow")
    workflow["spec"]["templates"] = [{"name": "s01-select", "suspend": {}}]
    _write(tmp_path, workflow=workflow)

    with pytest.raises(TemplateError, match="two templates have the name 's01-select'"):
        build(job(), folder=tmp_path)


def test_an_administrators_template_without_a_name_is_refused(tmp_path: Path) -> None:
    workflow = _packaged("workflow")
    workflow["spec"]["templates"] = [{"suspend": {}}]
    _write(tmp_path, workflow=workflow)

    with pytest.raises(TemplateError, match=r"workflow\.yaml\.j2: a template has no name"):
        build(job(), folder=tmp_path)


def _packaged(name: str) -> dict[str, Any]:
    values = {
        "workflow": "w",
        "job": "iris",
        "namespace": "jobs",
        "program_config_map": "p",
        "secret": "s",
        "secret_key": "dsn",
        "service_account": "a",
        "step": "s01-select",
        "index": 1,
        "image": "i",
    }
    return Templates().render(f"{name}.yaml.j2", values)


def _write(folder: Path, **templates: dict[str, Any]) -> None:
    for name, data in templates.items():
        text = yaml.safe_dump(data)
        # A tag of Argo's is written so that Jinja2 leaves it alone.
        (folder / f"{name}.yaml.j2").write_text(f"{{% raw %}}{text}{{% endraw %}}")
