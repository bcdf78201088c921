"""The chart as data: its values and their schema, and what the operator may do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from sqlflow_operator.settings import Settings
from sqlflow_server.settings import Settings as ServerSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT: Final = Path(__file__).parents[3]
CHART: Final = PROJECT / "deploy" / "helm" / "sqlflow"
DOCUMENTS: Final = PROJECT / "docs"
SCHEMA: Final[dict[str, Any]] = json.loads((CHART / "values.schema.json").read_text("utf-8"))
VALUES: Final[dict[str, Any]] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
# Helm gives `global` to every chart; a template is there only if it is overridden.
WITHOUT_DEFAULT: Final = {"global", "templates/step.yaml.j2", "templates/workflow.yaml.j2"}
OPERATOR_RULES: Final = {
    ("sqlflow.org", "sqlflowjobs"): {"get", "list", "watch", "delete"},
    ("sqlflow.org", "sqlflowjobs/status"): {"patch"},
    ("argoproj.io", "workflows"): {"get", "list", "watch", "create", "patch"},
    ("", "pods"): {"list", "watch", "delete"},
    ("", "configmaps"): {"get", "create"},
    ("", "events"): {"list", "create"},
    ("coordination.k8s.io", "leases"): {"get"},
}

SERVER_RULES: Final = {
    ("sqlflow.org", "sqlflowjobs"): {"get", "list", "watch", "create", "patch"},
    ("", "pods"): {"get", "list", "watch"},
    ("", "pods/log"): {"get"},
    ("", "secrets"): {"create"},
    ("coordination.k8s.io", "leases"): {"get", "create", "patch"},
}


def test_values_and_their_schema_name_the_same() -> None:
    described = {path for path, _schema in properties(SCHEMA)}

    assert described - named(VALUES, described) == WITHOUT_DEFAULT
    assert named(VALUES, described) - described == set()


def test_every_value_is_described() -> None:
    of_kubernetes = {
        f"{component}/resources/{kind}"
        for component in ("operator", "server")
        for kind in ("requests", "limits")
    }

    undescribed = {path for path, schema in properties(SCHEMA) if "description" not in schema}

    assert undescribed - of_kubernetes == set()


def test_an_object_of_the_schema_takes_no_other_names() -> None:
    objects = [(path, it) for path, it in [("", SCHEMA), *properties(SCHEMA)] if "properties" in it]

    assert [path for path, it in objects if it.get("additionalProperties") is not False] == []


def test_the_operator_has_the_verbs_that_it_uses_and_none_on_secrets() -> None:
    rules = granted((CHART / "templates" / "operator" / "_rules.tpl").read_text("utf-8"))

    assert rules == OPERATOR_RULES


@pytest.mark.parametrize(
    ("document", "rules"), [("operator.md", OPERATOR_RULES), ("server.md", SERVER_RULES)]
)
def test_the_document_tells_what_a_component_may_do(
    document: str, rules: dict[tuple[str, str], set[str]]
) -> None:
    section = (DOCUMENTS / document).read_text("utf-8").partition("# What it may do")[2]
    rows = re.findall(
        r"^\| `([\w/]+)` \| ([a-z, ]+) \|", section.partition("\n##")[0], re.MULTILINE
    )

    told = {resource: set(verbs.split(", ")) for resource, verbs in rows}

    assert told == {resource: verbs for (_, resource), verbs in rules.items()}


def test_the_chart_has_each_setting_of_the_operator() -> None:
    template = (CHART / "templates" / "operator" / "_environment.tpl").read_text("utf-8")
    by_the_chart = {name.lower() for name in re.findall(r'"SQLFLOW_OPERATOR_([A-Z_]+)"', template)}

    left_alone = {"fail_point", "metrics_address"}
    assert by_the_chart | settings().keys() == set(Settings.model_fields) - left_alone


def test_the_charts_defaults_are_the_operators() -> None:
    defaults = {name: Settings.model_fields[name].default for name in settings()}

    assert settings() == defaults


def test_the_server_has_the_verbs_that_it_uses_and_reads_no_secret() -> None:
    rules = granted((CHART / "templates" / "server" / "_rules.tpl").read_text("utf-8"))

    assert rules == SERVER_RULES


def test_the_charts_defaults_are_the_servers() -> None:
    given = settings("server")
    defaults = {name: ServerSettings.model_fields[name].default for name in given}

    never = {"default_deadline": None}  # The server's own word for it is 0.
    assert given == {**defaults, **never}


def settings(component: str = "operator") -> dict[str, Any]:
    """Return the values that are a component's settings, by its own names."""
    return {
        re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name): value
        for name, value in VALUES[component]["settings"].items()
    }


def properties(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schema of every value, definitions put in, with its path."""
    for name, value in schema.get("properties", {}).items():
        reference = value.get("$ref", "").removeprefix("#/definitions/")
        resolved = SCHEMA["definitions"].get(reference, {}) | value
        yield f"{prefix}{name}", resolved
        yield from properties(resolved, f"{prefix}{name}/")


def named(values: dict[str, Any], described: set[str], prefix: str = "") -> set[str]:
    """Return the paths of all values; what is free within is not looked into."""
    found = set()
    for name, value in values.items():
        path = f"{prefix}{name}"
        found.add(path)
        if isinstance(value, dict) and any(it.startswith(f"{path}/") for it in described):
            found |= named(value, described, f"{path}/")
    return found


def granted(template: str) -> dict[tuple[str, str], set[str]]:
    """Return verbs by group and resource."""
    rules = yaml.safe_load(re.sub(r"\{\{.*?\}\}", "", template, flags=re.DOTALL))
    return {
        (group, resource): set(rule["verbs"])
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
