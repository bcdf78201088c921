"""The YAML templates of ``argo_templates/``, filled in and read as data.

A folder of the administrator's overrides them by name; what it does not have comes from the
package, whose own may be included as ``sqlflow/step.yaml.j2``. Templates are Jinja2's, sandboxed
and strict: a value that is not there is an error, and so is one that does not pass through
``tojson``, which could break out of its place in the YAML.
"""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2
import yaml
from jinja2.sandbox import SandboxedEnvironment

from sqlflow.errors import SQLFlowError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE: Final = "argo_templates"
OWN: Final = "sqlflow"
"""What the names of the package's templates begin with where an administrator's includes one."""
STEP: Final = "step.yaml.j2"
WORKFLOW: Final = "workflow.yaml.j2"

# What an expression of a template may raise, and a file that is not text.
_OF_EXPRESSIONS: Final = (TypeError, ValueError, ArithmeticError, LookupError, OSError)


class TemplateError(SQLFlowError):
    """A template is wrong; its administrator can mend it, and no user."""


class Templates:
    """The templates in force. An overridden one is read again when its file changes."""

    def __init__(self, folder: Path | None = None) -> None:
        own = jinja2.PackageLoader(_PACKAGE, "")
        loaders: list[jinja2.BaseLoader] = [own, jinja2.PrefixLoader({OWN: own})]
        if folder is not None:
            loaders.insert(0, jinja2.FileSystemLoader(folder))
        self._environment = SandboxedEnvironment(
            loader=jinja2.ChoiceLoader(loaders),
            undefined=jinja2.StrictUndefined,
            finalize=_only_json,
            autoescape=False,
        )
        self._environment.filters["tojson"] = _to_json

    def render(self, name: str, values: Mapping[str, object]) -> dict[str, Any]:
        """Fill a template in and read it.

        Raises:
            TemplateError: the template is no valid Jinja2 or YAML, or names a value that is not
                among these.
        """
        text = self._fill_in(name, values)
        try:
            data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
        except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that there is not
            raise TemplateError(f"template {name}{_in_result(error, text)}") from error
        if not isinstance(data, dict):
            raise TemplateError(f"template {name}: expected a mapping, found {_kind(data)}")
        return _plain(name, data)

    def _fill_in(self, name: str, values: Mapping[str, object]) -> str:
        try:
            return self._environment.get_template(name).render(values)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(f"template {error.name}, line {error.lineno}: {error}") from error
        except (jinja2.TemplateError, *_OF_EXPRESSIONS) as error:
            raise TemplateError(f"template {_place(name, error)}: {error}") from error


class _Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice, of which YAML would drop the first.

    It is the loader that is written in C, ten times as fast as the other.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - the library's signature
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"key {key.value!r} stands twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


class _Json(str):
    """What went through ``tojson``; anything done to it makes plain text of it again."""

    __slots__ = ()


def _to_json(value: object) -> _Json:
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises, and says which one is missing
    # Not escaped: PyYAML would read an escaped emoji as two halves of one.
    return _Json(json.dumps(value, ensure_ascii=False))


def _only_json(value: object) -> object:
    if isinstance(value, jinja2.Undefined):
        str(value)
    if not isinstance(value, _Json):
        raise jinja2.TemplateRuntimeError("expected {{ value | tojson }}, found another expression")
    return value


def _place(name: str, error: Exception) -> str:
    """Return file and line of the template that an error is from, which may be an included one."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(".j2"):  # Jinja2 puts a template's own lines into the traceback.
            return f"{Path(frame.filename).name}, line {frame.lineno}"
    return name


def _in_result(error: Exception, text: str) -> str:
    """Tell what is wrong with the YAML, and the line; what is included has moved its number."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f": {error}"
    lines = text.splitlines()
    said = getattr(error, "problem", None) or getattr(error, "context", None)
    line = lines[mark.line].strip() if mark.line < len(lines) else "the end"
    return f", filled in, line {mark.line + 1}, {line!r}: {said}"


def _plain(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data as JSON has it, so that no date or binary of YAML reaches the API server."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(data))
    except TypeError as error:
        raise TemplateError(f"template {name}: {error}; write it in quotes") from error
    return plain


def _kind(data: object) -> str:
    return "nothing" if data is None else type(data).__name__
