"""A job's data over an administrator's template: what of each is there in the end."""

from __future__ import annotations

import copy

import pytest

from pkg_argo.merging import merge


@pytest.mark.parametrize(
    ("template", "job", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"image": "theirs"}, {"image": "ours"}, {"image": "ours"}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1, 2]}, {"a": [2, 3]}, {"a": [1, 2, 3]}),
    ],
    ids=["keys of both", "mappings", "scalars", "nothing", "lists"],
)
def test_the_job_goes_over_the_template(template: object, job: object, merged: object) -> None:
    assert merge(template, job) == merged


def test_named_items_are_merged_by_name_and_keep_the_templates_order() -> None:
    template = [{"name": "main", "image": "x", "tty": True}, {"name": "proxy", "image": "p"}]
    job = [{"name": "extra"}, {"name": "main", "image": "y"}]

    assert merge(template, job) == [
        {"name": "main", "image": "y", "tty": True},
        {"name": "proxy", "image": "p"},
        {"name": "extra"},
    ]


def test_what_no_client_library_knows_is_kept() -> None:
    template = {"spec": {"futureField": {"deep": [1]}}, "x-of-theirs": "kept"}

    assert merge(template, {"spec": {"suspend": True}}) == {
        "spec": {"futureField": {"deep": [1]}, "suspend": True},
        "x-of-theirs": "kept",
    }


def test_neither_side_is_changed() -> None:
    template, job = {"a": {"l": [{"name": "x"}]}}, {"a": {"l": [{"name": "x", "v": 1}]}}
    before = copy.deepcopy((template, job))

    merge(template, job)

    assert (template, job) == before
