"""The CustomResourceDefinition, made of the models.

Pydantic describes them in JSON Schema. The API server takes a part of that only, which it calls
*structural*: a type is written where it is used, a field that may be absent is simply not required,
and nothing is either this or that.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from pkg_argo import names
from pkg_argo.job import SQLFlowJob
from pkg_argo.rules import rules_of

Schema: TypeAlias = dict[str, Any]

_REF: Final = "#/$defs/"
_NOT_STRUCTURAL: Final = ("$ref", "title", "default")

_COLUMNS: Final[tuple[Schema, ...]] = (
    {"name": "Phase", "type": "string", "jsonPath": ".status.phase"},
    {"name": "Step", "type": "string", "jsonPath": ".status.step"},
    {"name": "Reason", "type": "string", "jsonPath": ".status.reason"},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    # Those of a priority are shown by `kubectl get --output=wide`.
    {"name": "Workflow", "type": "string", "jsonPath": ".status.workflow.name", "priority": 1},
    {"name": "User", "type": "string", "jsonPath": ".spec.submitter", "priority": 1},
)


def custom_resource_definition() -> Schema:
    """Return the CRD of SQLFlowJob."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names.PLURAL}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": names.KIND,
                "listKind": f"{names.KIND}List",
                "plural": names.PLURAL,
                "singular": names.SINGULAR,
                "shortNames": [names.SHORT_NAME],
                "categories": [names.CATEGORY],
            },
            "versions": [
                {
                    "name": names.VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": list(_COLUMNS),
                    "schema": {"openAPIV3Schema": _schema()},
                }
            ],
        },
    }


def _schema() -> Schema:
    whole = SQLFlowJob.model_json_schema(schema_generator=_NothingIsNull)
    spec, status = whole["properties"]["spec"], whole["properties"]["status"]
    return {
        "type": "object",
        "description": whole["description"],
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": "The version of this resource."},
            "kind": {"type": "string", "description": "SQLFlowJob."},
            "metadata": {
                "type": "object",
                "properties": {"name": {"type": "string", "maxLength": names.LONGEST_JOB}},
            },
            "spec": _structural(spec, whole["$defs"], defaults=True),
            # A default would fill in what the operator has not said.
            "status": _structural(status, whole["$defs"], defaults=False),
        },
    }


class _NothingIsNull(GenerateJsonSchema):
    """Leaves out that a field may be null: the API server takes such a field for absent."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def _structural(schema: Schema, models: Mapping[str, Schema], *, defaults: bool) -> Schema:
    """Return a schema with those that it refers to written into it."""

    def within(inner: Schema) -> Schema:
        return _structural(inner, models, defaults=defaults)

    model = schema.get("$ref", "").removeprefix(_REF)
    whole = {**models.get(model, {}), **schema}
    made = {key: value for key, value in whole.items() if key not in _NOT_STRUCTURAL}
    if defaults and _says_something(whole):
        made["default"] = whole["default"]
    if "properties" in made:
        made["properties"] = {name: within(it) for name, it in made["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in made:
            made[key] = within(made[key])
    if rules := rules_of(model, made):
        made["x-kubernetes-validations"] = rules
    return made


def _says_something(schema: Schema) -> bool:
    """Whether the default is more than the absence of a value, which needs no default."""
    default = schema.get("default")
    return default in schema.get("enum", ()) or default not in (None, "", {}, [])
