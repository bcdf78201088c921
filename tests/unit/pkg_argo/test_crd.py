"""The CRD: structural, current, and every field described and bounded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pkg_argo.crd import custom_resource_definition

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "deploy/helm/sqlflow/files/sqlflowjobs.sqlflow.org.yaml"
CRD = custom_resource_definition()
VERSION = CRD["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]
FIELDS = SCHEMA["properties"]


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field below a schema, with its path."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}", inner
        yield from fields(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield f"{path}[]", schema[key]
            yield from fields(schema[key], f"{path}[]")


OURS = [*fields(FIELDS["spec"], "spec"), *fields(FIELDS["status"], "status")]


def test_the_committed_file_is_current() -> None:
    assert yaml.safe_load(COMMITTED.read_text(encoding="utf-8")) == CRD


def test_every_field_is_explained() -> None:
    silent = [path for path, field in OURS if not field.get("description")]

    assert silent == ["spec.stepDefaults.nodeSelector[]"]  # a value, which is no field


def test_every_text_list_and_mapping_is_bounded() -> None:
    limits = {"string": "maxLength", "array": "maxItems"}
    unbounded = [
        path
        for path, field in OURS
        if (limit := limits.get(field.get("type", "")))
        and limit not in field
        and not {"enum", "format"} & field.keys()
    ]

    assert unbounded == []
    mappings = [path for path, field in OURS if "additionalProperties" in field]
    assert mappings == ["spec.stepDefaults.nodeSelector"]
    assert dict(OURS)["spec.stepDefaults.nodeSelector"]["maxProperties"] == 32


def test_nothing_is_in_it_that_is_not_structural() -> None:
    foreign = {"$ref", "$defs", "anyOf", "const", "title", "examples"}
    found = [path for path, field in OURS if foreign & field.keys()]

    assert found == []
    assert [path for path, field in OURS if field.get("additionalProperties") is False] == []
    typed = {"type", "x-kubernetes-int-or-string"}
    assert [path for path, field in OURS if not typed & field.keys()] == []


def test_defaults_are_filled_in_only_where_they_say_something() -> None:
    assert {path: field["default"] for path, field in OURS if "default" in field} == {
        "spec.dataSource.secretRef.key": "dsn",
        "spec.execution": "Parallel",
        "spec.stepDefaults.tolerations[].operator": "Equal",
        "spec.suspend": False,
        "spec.cancel": "",
    }


def test_all_of_the_spec_is_immutable_but_what_steers_a_job_under_way() -> None:
    rules = FIELDS["spec"]["x-kubernetes-validations"]
    fixed = {rule["fieldPath"][1:] for rule in rules if "immutable" in rule["message"]}

    assert FIELDS["spec"]["properties"].keys() - fixed == {
        "cancel",
        "suspend",
        "ttlSecondsAfterFinished",
    }


def test_conditions_and_steps_are_merged_by_what_tells_them_apart() -> None:
    status = FIELDS["status"]["properties"]

    assert status["conditions"]["x-kubernetes-list-map-keys"] == ["type"]
    assert status["steps"]["x-kubernetes-list-map-keys"] == ["id"]
    assert status["steps"]["x-kubernetes-list-type"] == "map"


def test_columns_are_those_that_people_look_for() -> None:
    columns = VERSION["additionalPrinterColumns"]

    assert [c["name"] for c in columns if "priority" not in c] == [
        "Phase",
        "Step",
        "Reason",
        "Age",
    ]
    assert [c["name"] for c in columns if c.get("priority")] == ["Workflow", "User"]
