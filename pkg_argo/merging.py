"""Merges what a job asks for over what an administrator's template says, as plain data.

Nothing of the template is lost but scalars that the job sets itself. Mappings are merged key by
key. A list whose items have names (containers, volumes, templates, variables) is merged by name;
of any other list, the job's items come after the template's. Models of a client library would drop
keys that they do not know, which is why none is used here.
"""

from __future__ import annotations

from typing import Any


def merge(template: Any, job: Any) -> Any:
    """Return the template's value with the job's merged over it; neither is changed."""
    if isinstance(template, dict) and isinstance(job, dict):
        both = {key: merge(template[key], job[key]) for key in template if key in job}
        return {**template, **job, **both}
    if isinstance(template, list) and isinstance(job, list):
        return _lists(template, job)
    return job


def _lists(template: list[Any], job: list[Any]) -> list[Any]:
    if not all(isinstance(item, dict) and "name" in item for item in (*template, *job)):
        return [*template, *(item for item in job if item not in template)]
    named = {item["name"]: item for item in template}
    for item in job:
        named[item["name"]] = merge(named.get(item["name"], {}), item)
    return list(named.values())
