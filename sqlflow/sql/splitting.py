"""Cuts a program into statements, and a statement into its query and its extended clause.

One pass over the lexemes. A ``;`` ends a statement wherever it is code. ``TO <VERB>`` begins a
clause if it stands outside of all brackets in a statement that begins like a query; so
``ALTER TABLE a RENAME TO train`` and ``COPY t TO 'file'`` are left alone. The text of a clause is
lexed by :mod:`sqlflow.sql.lexing`, and after its ``;`` the pass goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlflow.sql import lexing, scanning
from sqlflow.sql.bodies import Body

if TYPE_CHECKING:
    from sqlflow.errors import Problem
    from sqlflow.sql.sources import Source

VERBS = ("TRAIN", "PREDICT", "EVALUATE", "EXPLAIN", "RUN", "MAXIMIZE", "MINIMIZE")

_QUERIES = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("})
_OWN = frozenset({("SHOW", "TRAIN"), ("SHOW", "MODELS"), ("DROP", "MODEL")})
_SETTING = ("SET", "STEP", ".")
_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]}")

_UNITS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE"})
_AFTER_NAME = frozenset(
    re.findall(
        r"\w+",
        "AND ASC BETWEEN CROSS DESC EXCEPT FROM FULL GROUP HAVING IN INNER INTERSECT INTO IS JOIN"
        " LEFT LIKE LIMIT NATURAL NOT OFFSET ON OR ORDER RIGHT UNION USING WHERE WINDOW",
    )
)
"""Before one of these, ``to`` can only be the name of a column or table."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement in the source.

    Attributes:
        number: from 1; 0 for ``SET step.…``, which is for the language alone and runs nowhere.
        start: offset of its first character that is code.
        end: offset after its last one, the ``;`` left out.
        head: its first words and marks in upper case, at most four.
        query_end: of an extended statement, the end of its query; 0 if it has none.
        tokens: of its extended part, from the verb on; empty for standard SQL.
    """

    number: int
    start: int
    end: int
    head: tuple[str, ...]
    query_end: int = 0
    tokens: tuple[lexing.Token, ...] = ()


@dataclass(slots=True)
class Pieces:
    """The statements of a program, and what is wrong with their limits."""

    found: list[Piece] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def split(source: Source, dialect: str) -> Pieces:
    """Cut a program into its statements; what follows an open literal is left out."""
    pieces, start, number = Pieces(), 0, 1
    while start < len(source.text):
        reader = _Reader(source, dialect, number)
        start = reader.read(start)
        if reader.problem is not None:
            pieces.problems.append(reader.problem)
            number += 1
        elif reader.piece is not None:
            pieces.found.append(reader.piece)
            number += bool(reader.piece.number)
    return pieces


class _Reader:
    """Reads one statement."""

    def __init__(self, source: Source, dialect: str, number: int) -> None:
        self.piece: Piece | None = None
        self.problem: Problem | None = None
        self._source = source
        self._dialect = dialect
        self._number = number
        self._head: list[str] = []
        self._start = self._end = 0
        self._before = ""
        self._brackets: list[int] = []
        self._hidden = False
        self._body: Body | None = None

    def read(self, start: int) -> int:
        """Read on from an offset; return the offset after the statement's ``;``."""
        text = self._source.text
        for kind, begin, end in scanning.scan(text, self._dialect, start):
            value = text[begin:end].upper() if kind == "word" else text[begin]
            if kind == "mark" and value == ";" and not (self._body and self._body.open):
                self._finish()
                return end
            if kind == "open":
                return self._fail(unclosed(self._source, begin, self._number))
            if len(self._head) < 4 and self._begin(value, begin):
                return self._finish_with_clause(self._start)
            if kind == "word":
                if self._body:
                    self._body.follow(value)
                elif value == "TO" and self._is_clause(end):
                    return self._finish_with_clause(end)
            elif kind == "mark":
                self._mark(value, begin)
            self._end, self._before = end, value
        self._finish()
        return len(text)

    def _begin(self, value: str, begin: int) -> bool:
        """Take in one of the first words; true if the statement is the language's own."""
        if not self._head:
            self._start = begin
            if value == "CREATE":
                self._body = Body()
        self._head.append(value)
        return tuple(self._head[:2]) in _OWN or tuple(self._head[:3]) == _SETTING

    def _mark(self, value: str, begin: int) -> None:
        if self._body:
            self._body.follow(value)
        if value in _OPENERS:
            self._brackets.append(begin)
        elif value in _CLOSERS and self._brackets:
            self._brackets.pop()

    def _is_clause(self, end: int) -> bool:
        if self._head[0] not in _QUERIES or self._before in (".", "AS"):
            return False
        text = self._source.text
        following = next(scanning.scan(text, self._dialect, end), None)
        if following is None or text[following.start] == ";":
            return not self._brackets
        word = text[following.start : following.end].upper()
        if following.kind != "word" or word in _AFTER_NAME:
            return False
        if self._before in _UNITS and word in _UNITS | {"SECOND"}:
            return False  # INTERVAL '1-2' YEAR TO MONTH
        self._hidden |= bool(self._brackets) and word in VERBS
        return not self._brackets

    def _finish(self) -> None:
        if self._hidden and self._brackets:
            self.problem = self._source.problem(
                "this bracket is never closed", self._brackets[0], statement=self._number
            )
        elif self._head:
            head = tuple(self._head)
            self.piece = Piece(self._number, self._start, self._end, head)

    def _finish_with_clause(self, start: int) -> int:
        tokens = lexing.lex(self._source.text, start)
        stop = tokens[-1]
        if stop.kind == "open":
            return self._fail(unclosed(self._source, stop.start, self._number))
        own = start == self._start
        self.piece = Piece(
            number=0 if self._head[0] == "SET" else self._number,
            start=self._start,
            end=tokens[-2].end if len(tokens) > 1 else start,
            head=tuple(self._head),
            query_end=0 if own else self._end,
            tokens=tuple(tokens),
        )
        return stop.end + 1

    def _fail(self, problem: Problem) -> int:
        self.problem = problem
        return len(self._source.text)


def unclosed(source: Source, start: int, statement: int) -> Problem:
    """Return the problem of a literal or comment that never ends."""
    opener = source.text[start : start + 2]
    what = "comment" if opener == "/*" else _LITERALS.get(opener[0], "string")
    return source.problem(f"this {what} is never closed", start, statement=statement)


_LITERALS = {'"': "quoted text", "`": "name in backticks", "[": "name in brackets"}
