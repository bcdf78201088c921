"""What Argo would substitute is found wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from pkg_argo import guards
from pkg_argo.templates import TemplateError
from sqlflow.errors import ProgramError


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": {"b": ["x", "{{workflow.name}}"]}}, "w.a.b[1]"),
        ({"a": {"{{=1+1}}": "x"}}, "a key of w.a"),
        ("{{", "w"),
        ("{ {{x", "w"),
    ],
)
def test_a_tag_is_refused_with_its_place(value: Any, path: str) -> None:
    with pytest.raises(ProgramError) as refused:
        guards.refuse_tags(value, where="w")

    assert str(refused.value) == (
        f"{path} holds '{{{{', and Argo would put something in its place; leave the braces out"
    )


def test_data_without_tags_passes() -> None:
    guards.refuse_tags({"a": ["{", "}}", 1, None, True, {"b": "$(X) { {"}]}, where="w")


@pytest.mark.parametrize("text", ["{{workflow.status}}", "a {{ workflow.name }}-{{pod.name}} b"])
def test_an_administrators_tags_pass(text: str) -> None:
    guards.refuse_other_tags({"a": text})


@pytest.mark.parametrize(
    "text",
    [
        "{{workflow.parameters.x}}",
        "{{=workflow.name}}",
        "{{{workflow.name}}",
        "{{{{workflow.name}}workflow.uid}}",
        "{{workflow.name}}{{x",
    ],
)
def test_other_tags_are_refused_beside_them(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^the Workflow\.a holds a tag of Argo's that is none"):
        guards.refuse_other_tags({"a": text})
