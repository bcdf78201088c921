"""The settings: each is documented, and what can't be is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlflow_operator.settings import Settings, from_environment

DOCUMENT = Path(__file__).parents[3] / "docs/operator.md"


@pytest.fixture(autouse=True)
def image(monkeypatch):
    monkeypatch.setenv("SQLFLOW_OPERATOR_STEP_IMAGE", "step:1")


def test_the_document_names_every_setting_with_its_default():
    rows = re.findall(
        r"^\| `SQLFLOW_OPERATOR_(\w+)` \| (?:`(.*?)`)? ?\|",
        DOCUMENT.read_text("utf-8"),
        re.MULTILINE,
    )
    told = {name.lower(): default for name, default in rows}
    fields = Settings.model_fields
    assert set(told) == set(fields)
    for name, field in fields.items():
        default = field.default
        if name != "step_image":
            assert told[name] == ("" if default in (None, (), "") else str(default)), name


def test_namespaces_are_written_with_commas(monkeypatch):
    monkeypatch.setenv("SQLFLOW_OPERATOR_NAMESPACES", "one, two,")
    assert from_environment().namespaces == ("one", "two")


def test_no_folder_means_the_operators_own_templates(monkeypatch):
    monkeypatch.setenv("SQLFLOW_OPERATOR_TEMPLATES", "")
    assert from_environment().templates is None


def test_no_namespace_means_all():
    assert from_environment().namespaces == ()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("STEP_IMAGE", "", "at least 1 character"),
        ("WORKFLOW_URL", "https://argo/{uid}", "expected a URL with {namespace} and {name} only"),
        ("WORKFLOW_URL", "https://argo/{name.uid}", "expected a URL with {namespace} and {name}"),
        ("WORKFLOW_URL", "https://argo/{name!r}", "expected a URL with {namespace} and {name}"),
        ("WORKERS", "0", "greater than or equal to 1"),
        ("METRICS_PORT", "65536", "less than or equal to 65535"),
    ],
)
def test_what_can_not_be_is_refused(monkeypatch, name, value, told):
    monkeypatch.setenv(f"SQLFLOW_OPERATOR_{name}", value)
    with pytest.raises(ValidationError, match=re.escape(told)):
        from_environment()
