"""Keeps secrets out of what a failed test prints.

Three nets, since one is not enough: what the Secrets of a namespace hold is taken out wherever it
appears; so is the password of anything that looks like a DSN, whoever logged it; and so is what is
set under a name such as ``password``.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REDACTED: Final = "[redacted]"
_SHORTEST: Final = 4  # characters; a shorter secret would be found inside of ordinary words

# The password goes up to the last @ of the word: one that was not quoted may contain an @ itself.
_DSN: Final = re.compile(
    r"(?P<login>[a-z][a-z0-9+.-]*://[^\s:/@'\"]*:)(?P<password>[^\s'\"]*)@", re.IGNORECASE
)
_NAMED: Final = re.compile(
    r"""(?P<name>[\w-]*(?:password|passwd|pwd|token)["']?[ \t]*[:=][ \t]*)
        (?!true\b|false\b)(?:"[^"\n]*"|'[^'\n]*'|[^\s,;&}]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_SECRET_NAME: Final = re.compile("password|passwd|pwd|token|dsn|secret", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Redactor:
    """Redacts texts and objects of one namespace.

    Attributes:
        secrets: what its Secrets hold, the longest first.
    """

    secrets: tuple[str, ...]

    @classmethod
    def of(cls, secrets: Iterable[Mapping[str, Any]]) -> Redactor:
        """Know the values of these Secrets, as the API gives them, also as base64."""
        values: set[str] = set()
        for secret in secrets:
            for encoded in (secret.get("data") or {}).values():
                text = base64.b64decode(encoded).decode("utf-8", "replace")
                values |= {encoded, text, *text.splitlines()}
                for password in (dsn["password"] for dsn in _DSN.finditer(text)):
                    values |= {password, unquote(password)}
        long = {value for value in values if len(value.strip()) >= _SHORTEST}
        return cls(tuple(sorted(long, key=len, reverse=True)))

    def text(self, text: str) -> str:
        """Return a text without what is secret."""
        for secret in self.secrets:
            text = text.replace(secret, REDACTED)
        text = _DSN.sub(rf"\g<login>{REDACTED}@", text)
        return _NAMED.sub(rf"\g<name>{REDACTED}", text)

    def object(self, value: Any) -> Any:
        """Return an object of the API without what is secret, and without what only fills pages."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.object(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {name: item for name, item in value.items() if name != "managedFields"}
        if kept.get("kind") == "Secret":
            kept["data"] = dict.fromkeys(kept.get("data") or {}, REDACTED)
            kept.pop("stringData", None)
        if isinstance(kept.get("value"), str) and _SECRET_NAME.search(str(kept.get("name"))):
            kept["value"] = REDACTED  # of an environment variable
        return {name: self.object(item) for name, item in kept.items()}
