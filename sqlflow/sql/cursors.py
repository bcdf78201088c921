"""A place in the tokens of a clause, and the errors that can be met there."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, TypeVar

from sqlflow.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlflow.sql.lexing import Token
    from sqlflow.sql.sources import Source

T = TypeVar("T")

PARTS = frozenset({"WITH", "COLUMN", "LABEL", "USING", "INTO", "CMD", "CONSTRAINT"})
"""The words that begin a part of a clause."""

_QUOTED = frozenset({"string", "quoted"})


class Cursor:
    """Reads tokens one after the other.

    Keywords are not reserved: a word is taken as a name where a name is due, unless what follows
    shows that the name was forgotten and the next part begins (``LABEL INTO my_model``).
    """

    def __init__(self, source: Source, tokens: Sequence[Token], statement: int) -> None:
        self.source = source
        self._tokens = tokens
        self._statement = statement
        self._index = 0

    @property
    def token(self) -> Token:
        """The token that is due next."""
        return self._tokens[self._index]

    @property
    def following(self) -> Token:
        """The one after it."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    @property
    def at_end(self) -> bool:
        """Whether all is read."""
        return self.token.kind == "end"

    @property
    def end_of_last(self) -> int:
        """The offset after the last token that was read."""
        return self._tokens[max(0, self._index - 1)].end

    def next(self) -> Token:
        """Return the token that is due and go on to the one after it."""
        token = self.token
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def at(self, *values: str) -> bool:
        """Whether the token due is one of these marks or words (given in upper case)."""
        token = self.token
        return token.word in values or (token.kind == "mark" and token.value in values)

    def take(self, *values: str) -> bool:
        """Read one of these marks or words if it is due."""
        found = self.at(*values)
        if found:
            self.next()
        return found

    def expect(self, *values: str) -> Token:
        """Read one of these marks or words, or fail."""
        if not self.at(*values):
            raise self.unexpected(" or ".join(values))
        return self.next()

    def items(self, end: str, item: Callable[[], T]) -> list[T]:
        """Read items with commas between, and the mark that ends them."""
        found: list[T] = []
        while not self.take(end):
            if found:
                self.expect(",", end)
            found.append(item())
        return found

    def name(self, what: str) -> str:
        """Read a name, bare or quoted, its parts joined by dots.

        Args:
            what: is named, such as "the name of a model", for the error.
        """
        if self.token.kind not in _QUOTED and not self._is_bare_name():
            raise self.unexpected(what)
        token = self.next()
        text = token.value
        while self._continues(token):
            token = self.next()
            text += token.value
        return text

    def _is_bare_name(self) -> bool:
        if self.token.word not in PARTS:
            return self.token.kind == "name"
        following = self.following
        ends = following.kind == "end" or following.word in PARTS | {"FOR"}
        return ends or (following.kind == "mark" and following.value in (",", "="))

    def _continues(self, last: Token) -> bool:
        """Whether the token due belongs to the same name: db.`table`, `db`.table."""
        token = self.token
        if token.start != last.end or token.kind not in (*_QUOTED, "name", "mark"):
            return False
        if token.kind == "mark":
            return token.value == "." and last.kind in _QUOTED
        return last.value.endswith(".") and last.kind in ("mark", "name")

    def unexpected(
        self, expected: str, *, among: Iterable[str] = (), hint: str = ""
    ) -> ProgramError:
        """Return the error that something else was expected here.

        Args:
            expected: what could stand here.
            among: words to compare a misspelt one with.
            hint: a way out, where there is nothing to compare with.
        """
        token = self.token
        message = f"expected {expected}, found {token.shown()}"
        if token.kind == "bad":
            hint = _of_bad(token)
        return self.error(message, token, hint=did_you_mean(token.value, among) or hint)

    def error(self, message: str, token: Token, *, hint: str = "") -> ProgramError:
        """Return an error at a token."""
        problem = self.source.problem(message, token.start, statement=self._statement, hint=hint)
        return ProgramError(problem)


def did_you_mean(found: str, among: Iterable[str]) -> str:
    """Return a hint that names the word most like the one found, or nothing."""
    words = {word.casefold(): word for word in among}
    near = difflib.get_close_matches(found.casefold(), words, n=1, cutoff=0.6)
    return f"did you mean {words[near[0]]}?" if near else ""


def _of_bad(token: Token) -> str:
    """Return a hint for what belongs to no token."""
    if token.value in _CURLY:
        return "use straight quotes"
    return "a name that begins with a digit goes into quotes" if token.value[0].isdigit() else ""


_CURLY = frozenset("\u2018\u2019\u201c\u201d")
