r"""The tokens of an extended clause, the same in every dialect.

``'…'`` and ``"…"`` are strings, closed only by their own quote: a doubled quote stands for one,
and so does a quote after a backslash; ``\\``, ``\n``, ``\r`` and ``\t`` mean what they always
mean, and any other backslash stands for itself. `` `…` `` is a name. A bare name may hold
``/ : - .``, so that ``registry/image:v1/Model`` and ``multi:softmax`` are one token. Comments are
``-- …`` and ``/* … */``. The tokens end at a ``;``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        kind: ``name``, ``quoted`` (a name in backticks), ``string``, ``number``, ``mark``, ``bad``
            (belongs to no token), ``open`` (a literal or comment that never ends), ``end``.
        value: of a string or quoted name, without its quotes; of others, as written.
        start: offset of its first character.
        end: offset after its last character.
    """

    kind: str
    value: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word in upper case if it may be a keyword, else nothing."""
        return self.value.upper() if self.kind == "name" else ""

    def shown(self) -> str:
        """Return it as a message shows it."""
        if self.kind == "end":
            return "the end of the statement"
        text = f"'{self.value}'" if self.kind == "string" else self.value
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


_SHOWN = 40

_PATTERN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^'\\]|\\.|'')*+'|"(?:[^"\\]|\\.|"")*+")
    |(?P<quoted>`(?:[^`]|``)*+`)
    |(?P<open>['"`]|/\*)
    |(?P<name>[^\W\d](?:[\w$.:]|-(?!-)|/(?!\*))*)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w))
    |(?P<mark>;|\*\*|!=|<>|<=|>=|[-+*/%=<>(),.[\]])
    |(?P<bad>\d\w*|.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def lex(text: str, start: int) -> list[Token]:
    """Return the tokens from an offset to the next ``;`` or the end of the text.

    The last one is of kind ``end`` and stands at the ``;``, or of kind ``open``.
    """
    tokens: list[Token] = []
    while match := _PATTERN.match(text, start):
        kind, value, end = match.lastgroup or "", match[0], match.end()
        if value == ";":
            break
        if kind != "space":
            tokens.append(Token(kind, _value(kind, value), start, end))
        if kind == "open":
            return tokens
        start = end
    tokens.append(Token("end", "", start, start))
    return tokens


def _value(kind: str, text: str) -> str:
    if kind == "quoted":
        return text[1:-1].replace("``", "`")
    if kind == "string":
        return unescape(text)
    return text


def unescape(literal: str) -> str:
    """Return what a quoted string means."""
    quote, body = literal[0], literal[1:-1]
    if "\\" not in body and quote not in body:
        return body
    pattern = re.compile(rf"""\\([\\'"nrt])|{quote}{quote}""")
    return pattern.sub(lambda m: _ESCAPES.get(m[1], m[1]) if m[1] else quote, body)
