"""What must not be in a Workflow: text that Argo would take for its own.

Argo replaces ``{{…}}`` anywhere in a template before it makes the pod, and knows no way to escape
it. No text of a user is put there, and this is the proof: a Workflow with such a text is refused,
but for the few tags an administrator may use, none of which has anything of a user's in it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from pkg_argo.templates import TemplateError
from sqlflow.errors import Problem, ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENING: Final = "{{"
ALLOWED: Final = frozenset(
    {
        *("workflow.name", "workflow.namespace", "workflow.uid", "workflow.status"),
        *("workflow.creationTimestamp", "workflow.duration", "pod.name", "node.name", "retries"),
    }
)
"""Tags that may stand in an administrator's template."""
_TAG: Final = re.compile(r"(?<!\{)\{\{\s*([\w.]+)\s*\}\}")


def refuse_tags(value: Any, *, where: str) -> None:
    """Refuse data of a job in which Argo would substitute something.

    Raises:
        ProgramError: names the place.
    """
    for path in _tagged(value, where, frozenset()):
        message = f"{path} holds '{{{{', and Argo would put something in its place"
        raise ProgramError(Problem(message=message, hint="leave the braces out"))


def refuse_other_tags(workflow: Any) -> None:
    """Refuse a Workflow with a tag that no template may have. Jobs are checked by themselves.

    Raises:
        TemplateError: names the place.
    """
    for path in _tagged(workflow, "the Workflow", ALLOWED):
        known = ", ".join(sorted(ALLOWED))
        raise TemplateError(f"{path} holds a tag of Argo's that is none of {known}")


def _tagged(value: Any, where: str, allowed: frozenset[str]) -> Iterator[str]:
    """Yield the places where a tag stands that is not allowed."""
    # No JSON has two braces next to each other but in a text. Most data ends here, in a tenth of
    # the time that going through it takes.
    if _OPENING not in json.dumps(value, ensure_ascii=False):
        return
    for path, text in _texts(value, where):
        if _OPENING in _TAG.sub(lambda tag: "" if tag[1] in allowed else tag[0], text):
            yield path


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield every text in the data, keys too, with the path to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"a key of {path}", key
            yield from _texts(item, f"{path}.{key}")
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _texts(item, f"{path}[{at}]")


def refuse_twins(templates: list[Any]) -> None:
    """Refuse two Argo templates of one name: a step's, and one that an administrator added.

    Raises:
        TemplateError: names it.
    """
    seen: set[str] = set()
    for template in templates:
        name = isinstance(template, dict) and template.get("name")
        if not name:
            raise TemplateError("workflow.yaml.j2: a template has no name")
        if name in seen:
            raise TemplateError(f"two templates have the name {name!r}, which is that of a step")
        seen.add(name)


def size(value: Any) -> int:
    """Return how many bytes the data has as JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
