"""The parts of a clause: WITH, COLUMN, LABEL, USING, INTO, CMD, CONSTRAINT.

Each reader is called behind its keyword and returns what stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.sql.clauses import ColumnGroup, Constraint, Feature
from sqlflow.sql.cursors import PARTS
from sqlflow.sql.values import MAX_DEPTH, value

if TYPE_CHECKING:
    from sqlflow.sql.clauses import Argument, Value
    from sqlflow.sql.cursors import Cursor
    from sqlflow.sql.lexing import Token


def attributes(cursor: Cursor) -> tuple[dict[str, Value], dict[str, Token]]:
    """Read ``name = value, …``; return the values, and the token of each name."""
    values: dict[str, Value] = {}
    places: dict[str, Token] = {}
    while True:
        token = cursor.token
        if token.word in PARTS and cursor.following.value != "=":
            raise cursor.unexpected("an attribute, name = value", hint="leave out the comma")
        name = cursor.name("an attribute, name = value")
        if name in values:
            line, _ = cursor.source.position(places[name].start)
            raise cursor.error(f"attribute {name} is given twice, first in line {line}", token)
        cursor.expect("=")
        values[name], places[name] = value(cursor), token
        if not cursor.take(","):
            return values, places


def columns(cursor: Cursor) -> tuple[ColumnGroup, ...]:
    """Read ``feature, … [FOR target] [COLUMN feature, … FOR target] …``."""
    groups: list[ColumnGroup] = []
    while True:
        features = [_feature(cursor, 0)]
        while cursor.take(","):
            features.append(_feature(cursor, 0))
        place = cursor.following
        target = cursor.name("what the columns are for") if cursor.take("FOR") else ""
        if target in {group.target for group in groups}:
            raise cursor.error(f"columns for '{target}' are given twice", place)
        groups.append(ColumnGroup(tuple(features), target))
        if not target or not cursor.take("COLUMN"):
            return tuple(groups)


def _feature(cursor: Cursor, depth: int) -> Feature:
    if cursor.take("*"):
        return Feature("*")
    if _is_call(cursor):
        return _call(cursor, depth)
    return Feature("", (cursor.name("a column"),))


def _is_call(cursor: Cursor) -> bool:
    following = cursor.following
    return cursor.token.kind == "name" and following.kind == "mark" and following.value == "("


def _call(cursor: Cursor, depth: int) -> Feature:
    if depth > MAX_DEPTH:
        raise cursor.error("nested too deeply", cursor.token)
    function = cursor.next().value.upper()
    cursor.expect("(")
    arguments = cursor.items(")", lambda: _argument(cursor, depth + 1))
    return Feature(function, tuple(arguments))


def _argument(cursor: Cursor, depth: int) -> Argument:
    if _is_call(cursor):
        return _call(cursor, depth)
    if cursor.take("["):
        return cursor.items("]", lambda: _argument(cursor, depth + 1))
    return value(cursor, depth)


def strings(cursor: Cursor) -> tuple[str, ...]:
    """Read ``'text', …``."""
    found: list[str] = []
    while not found or cursor.take(","):
        if cursor.token.kind != "string":
            raise cursor.unexpected("a string")
        found.append(cursor.next().value)
    return tuple(found)


def names(cursor: Cursor) -> tuple[str, ...]:
    """Read ``name, …``."""
    found: list[str] = []
    while not found or cursor.take(","):
        found.append(cursor.name("the name of a table"))
    return tuple(found)


def expression(cursor: Cursor, *stops: str) -> str:
    """Read up to a comma, a part's keyword or one of the stops, outside of brackets; as written."""
    first, depth = cursor.token, 0
    while not cursor.at_end and (depth or not cursor.at(",", *PARTS, *stops)):
        if cursor.token.kind == "bad":
            raise cursor.unexpected("an expression")
        depth += cursor.at("(", "[") - cursor.at(")", "]")
        if depth < 0:
            raise cursor.unexpected("an expression")
        cursor.next()
    if depth:
        raise cursor.unexpected("a closing bracket")
    if cursor.token is first:
        raise cursor.unexpected("an expression")
    return cursor.source.text[first.start : cursor.end_of_last]


def constraints(cursor: Cursor) -> tuple[Constraint, ...]:
    """Read ``expression [GROUP BY column], …``."""
    found: list[Constraint] = []
    while not found or cursor.take(","):
        text = expression(cursor, "GROUP")
        group = ""
        if cursor.take("GROUP"):
            cursor.expect("BY")
            group = cursor.name("the column to group by")
        found.append(Constraint(expression=text, group_by=group))
    return tuple(found)
