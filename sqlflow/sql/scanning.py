r"""Where the literals and comments of a dialect begin and end; all else is words and marks.

Statements are cut at a ``;`` and extended clauses begin at a word, so all that matters here is
what is *not* code: strings, quoted names, comments, dollar quotes. Each dialect has its own. This
is the engines' view. sqlglot's tokenizer has another here and there (it refuses ``\"``, does not
nest comments everywhere, reads the rest of some statements as one token), fails as a whole and
without a place when one literal is open, and so is not asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

DIALECTS = ("duckdb", "hive", "mysql", "postgres", "sqlite")


class Lexeme(NamedTuple):
    """A stretch of code: a ``word``, a ``mark``, a ``text`` (literal or quoted name), or ``open``.

    The last stands for a literal or comment that never ends.
    """

    kind: str
    start: int
    end: int


# Possessive, so that an open literal is seen in one pass and never closed by a quote within.
_SINGLE = r"'(?:[^']|'')*+'"
_DOUBLE = r'"(?:[^"]|"")*+"'
_SINGLE_ESCAPED = r"'(?:[^'\\]|\\.|'')*+'"
_DOUBLE_ESCAPED = r'"(?:[^"\\]|\\.|"")*+"'
_E_STRING = rf"[eE]{_SINGLE_ESCAPED}"
_BACKTICK = r"`(?:[^`]|``)*+`"
_BRACKET = r"\[[^\]]*+\]"
_DOLLAR = r"(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag)"
_DOLLAR_OPEN = r"\$(?:[^\W\d]\w*)?\$"
_DASHES = r"--[^\n]*"
_HASH = r"\#[^\n]*"
_DASHES_SPACE = r"--(?=\s|\Z)[^\n]*"  # in MySQL 5--1 is six
_CODE_COMMENT = r"/\*M?!.*?\*/"  # code to MySQL and MariaDB


def _pattern(texts: tuple[str, ...], comments: tuple[str, ...], opens: str) -> re.Pattern[str]:
    return re.compile(
        rf"""(?P<space>\s+)
        |(?P<comment>{"|".join(comments)})
        |(?P<text>{"|".join(texts)})
        |(?P<block>/\*)
        |(?P<open>{opens})
        |(?P<word>\w[\w$]*)
        |(?P<mark>.)""",
        re.VERBOSE | re.DOTALL,
    )


_POSTGRES = _pattern(
    (_SINGLE, _E_STRING, _DOUBLE, _DOLLAR), (_DASHES,), f"[eE]?'|\"|{_DOLLAR_OPEN}"
)
_PATTERNS = {
    "duckdb": _POSTGRES,
    "postgres": _POSTGRES,
    "hive": _pattern((_SINGLE_ESCAPED, _DOUBLE_ESCAPED, _BACKTICK), (_DASHES,), "['\"`]"),
    "mysql": _pattern(
        (_SINGLE_ESCAPED, _DOUBLE_ESCAPED, _BACKTICK, _CODE_COMMENT),
        (_DASHES_SPACE, _HASH),
        "['\"`]",
    ),
    "sqlite": _pattern((_SINGLE, _DOUBLE, _BACKTICK, _BRACKET), (_DASHES,), r"['\"`\[]"),
}
_NESTING = frozenset({"duckdb", "postgres"})
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def scan(text: str, dialect: str, start: int = 0) -> Iterator[Lexeme]:
    """Yield what is code from an offset on: all but spaces and comments."""
    match, nesting = _PATTERNS[dialect].match, dialect in _NESTING
    while found := match(text, start):
        kind, end = found.lastgroup, found.end()
        if kind == "block":
            end = _end_of_comment(text, start, nesting=nesting)
            if not end:
                yield Lexeme("open", start, len(text))
                return
        elif kind and kind not in _SKIPPED:
            yield Lexeme(kind, start, end)
            if kind == "open":
                return
        start = end


_SKIPPED = frozenset({"space", "comment"})


def _end_of_comment(text: str, start: int, *, nesting: bool) -> int:
    if not nesting:
        end = text.find("*/", start + 2)
        return end + 2 if end >= 0 else 0
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return 0
