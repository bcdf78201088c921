"""Templates of the package and of an administrator, filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pkg_argo.templates import TemplateError, Templates

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {"job": "iris", "step": "s01-select", "index": 1, "image": "registry/step:1"}


def test_the_packages_template_is_there() -> None:
    container = Templates().render("step.yaml.j2", VALUES)["container"]

    assert container["image"] == "registry/step:1"
    assert container["command"][-1] == "1"


def test_an_administrators_file_overrides_by_name(tmp_path: Path) -> None:
    (tmp_path / "step.yaml.j2").write_text("runtimeClassName: {{ job | tojson }}")

    assert Templates(tmp_path).render("step.yaml.j2", VALUES) == {"runtimeClassName": "iris"}


def test_what_an_administrator_does_not_override_is_the_packages(tmp_path: Path) -> None:
    assert Templates(tmp_path).render("step.yaml.j2", VALUES) == (
        Templates().render("step.yaml.j2", VALUES)
    )


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "step.yaml.j2"
    file.write_text("old: 1")
    templates = Templates(tmp_path)
    templates.render("step.yaml.j2", VALUES)
    file.unlink()
    file.write_text("changed: 22")

    assert templates.render("step.yaml.j2", VALUES) == {"changed": 22}


def test_an_administrators_file_may_include_the_packages(tmp_path: Path) -> None:
    text = '{% include "sqlflow/step.yaml.j2" %}\nnodeSelector: {pool: sql}\n'
    (tmp_path / "step.yaml.j2").write_text(text)

    assert Templates(tmp_path).render("step.yaml.j2", VALUES) == {
        **Templates().render("step.yaml.j2", VALUES),
        "nodeSelector": {"pool": "sql"},
    }


@pytest.mark.parametrize(
    "value", ["a: b", "x\n---\ny: 1", "'\"\\", "{{ job }}", "&a *a !!b", "é中😀", "\u2028", "null"]
)
def test_a_value_stays_in_its_place(tmp_path: Path, value: str) -> None:
    (tmp_path / "t").write_text("first: {{ value | tojson }}\nsecond: 2")

    assert Templates(tmp_path).render("t", {"value": value}) == {"first": value, "second": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: {{ jbo | tojson }}", "t.j2, line 2: 'jbo' is undefined"),
        (
            "a: {{ job }}",
            "t.j2, line 1: expected {{ value | tojson }}, found another expression",
        ),
        (
            "a: {{ (job | tojson) ~ 'x' }}",
            "t.j2, line 1: expected {{ value | tojson }}, found another expression",
        ),
        ("a: 1\nb: {{ job ", "t.j2, line 2: unexpected end of template"),
        ('{% include "sqlflow/t.j2" %}', "t.j2, line 1: sqlflow/t.j2"),
        ("- a", "t.j2: expected a mapping, found list"),
        ("", "t.j2: expected a mapping, found nothing"),
        ("day: 2026-13-01", "t.j2: month must be in 1..12"),
        ("day: 2026-01-01", "t.j2: Object of type date is not JSON serializable; write it in"),
        ("a: 1\na: 2", "t.j2, filled in, line 2, 'a: 2': key 'a' stands twice"),
        ("a: b: c", "t.j2, filled in, line 1, 'a: b: c': mapping values are not allowed"),
        ("a: [", "t.j2, filled in, line 2, 'the end': did not find expected node content"),
        (
            "a: !!python/object:os.system {}",
            "t.j2, filled in, line 1, 'a: !!python/object:os.system {}': could not determine",
        ),
        ("a: {{ ().__class__ | tojson }}", "t.j2, line 1: access to attribute '__class__' of"),
        ("a: {{ (1 / 0) | tojson }}", "t.j2, line 1: division by zero"),
    ],
)
def test_a_wrong_template_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.j2").write_text(text)

    with pytest.raises(TemplateError) as refused:
        Templates(tmp_path).render("t.j2", VALUES)

    assert str(refused.value).startswith(f"template {message}")


def test_a_mistake_in_what_is_included_is_told_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text('a: 1\n{% include "more.j2" %}')
    (tmp_path / "more.j2").write_text("b: 1\n\nc: {{ jbo | tojson }}")

    with pytest.raises(TemplateError, match=r"^template more\.j2, line 3: 'jbo' is undefined$"):
        Templates(tmp_path).render("t.j2", VALUES)
