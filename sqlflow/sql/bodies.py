"""The bodies of ``CREATE TRIGGER | PROCEDURE | FUNCTION | EVENT | RULE``.

Such a statement may hold statements, each with its own ``;``. It ends at the first ``;`` that
stands outside of ``BEGIN … END``, ``CASE … END`` and parentheses.
"""

from __future__ import annotations

_WITH_BODY = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "RULE"})
_WITHOUT = frozenset(
    {"TABLE", "VIEW", "INDEX", "SCHEMA", "DATABASE", "MACRO", "USER", "ROLE", "AS"}
)
_WITHIN = 10
"""``CREATE OR REPLACE DEFINER = 'a'@'b' PROCEDURE``: the kind comes this early or not at all."""

_AFTER_END = frozenset({"IF", "LOOP", "WHILE", "REPEAT", "FOR"})


class Body:
    """Follows the words of a CREATE statement and knows whether a ``;`` stands inside a body."""

    __slots__ = ("_before", "_count", "_depth", "_has_body")

    def __init__(self) -> None:
        self._has_body: bool | None = None
        self._count = 0
        self._depth = 0
        self._before = ""

    @property
    def open(self) -> bool:
        """Whether a body has begun and not ended."""
        return self._depth > 0

    def follow(self, value: str) -> None:
        """Take in a word in upper case or a mark."""
        self._count += 1
        if self._has_body is None and self._count <= _WITHIN:
            self._has_body = value in _WITH_BODY or (False if value in _WITHOUT else None)
        elif self._has_body and self._before != ".":
            self._depth = max(0, self._depth + self._change(value))
        self._before = value

    def _change(self, value: str) -> int:
        if self._before == "END" and value in _AFTER_END:
            return 1  # END IF closes no BEGIN; take back what END did
        if value in ("BEGIN", "(") or (value == "CASE" and self._before != "END"):
            return 1
        return -1 if value in ("END", ")") else 0
