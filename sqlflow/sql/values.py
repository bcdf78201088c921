"""Values of attributes: numbers, strings, words, lists, and arithmetic on numbers."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow.sql.clauses import Value
    from sqlflow.sql.cursors import Cursor
    from sqlflow.sql.lexing import Token

MAX_DEPTH = 50
"""Of brackets within brackets."""
_MAX_DIGITS = 400

_WORDS: dict[str, Value] = {"TRUE": True, "FALSE": False, "NULL": None, "NONE": None}
_EXPECTED = "a value"


def value(cursor: Cursor, depth: int = 0) -> Value:
    """Read a value."""
    if depth > MAX_DEPTH:
        raise cursor.error("nested too deeply", cursor.token)
    result = _product(cursor, depth)
    while cursor.at("+", "-"):
        mark = cursor.next()
        result = _calculate(cursor, mark, result, _product(cursor, depth))
    return result


def _product(cursor: Cursor, depth: int) -> Value:
    result = _signed(cursor, depth)
    while cursor.at("*", "/", "%"):
        mark = cursor.next()
        result = _calculate(cursor, mark, result, _signed(cursor, depth))
    return result


def _signed(cursor: Cursor, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise cursor.error("nested too deeply", cursor.token)
    if cursor.at("-", "+"):
        mark = cursor.next()
        return _calculate(cursor, mark, 0, _signed(cursor, depth + 1))
    result = _single(cursor, depth)
    if cursor.at("**"):
        mark = cursor.next()
        return _calculate(cursor, mark, result, _signed(cursor, depth + 1))
    return result


def _single(cursor: Cursor, depth: int) -> Value:
    token = cursor.token
    if token.kind == "number":
        return _number(cursor, cursor.next())
    if token.kind == "string":
        return cursor.next().value
    if cursor.take("("):
        result = value(cursor, depth + 1)
        cursor.expect(")")
        return result
    if cursor.take("["):
        return cursor.items("]", lambda: value(cursor, depth + 1))
    if token.word in _WORDS:
        cursor.next()
        return _WORDS[token.word]
    return cursor.name(_EXPECTED)


def _number(cursor: Cursor, token: Token) -> int | float:
    text = token.value
    if len(text) > _MAX_DIGITS:
        raise cursor.error("this number has too many digits", token)
    return _bounded(cursor, token, int(text) if text.isdecimal() else float(text))


def _bounded(cursor: Cursor, token: Token, number: float) -> int | float:
    """Return the number if a double can hold its size."""
    try:
        finite = math.isfinite(number)
    except OverflowError:
        finite = False
    if not finite:
        raise cursor.error("this number is too large", token)
    return number


def _power(base: Any, exponent: Any) -> int | float:
    result = math.pow(base, exponent)
    is_whole = {type(base), type(exponent)} == {int} and exponent >= 0
    return int(result) if is_whole and abs(result) < _EXACT else result


_EXACT = 2.0**53

_OPERATIONS: dict[str, Callable[[Any, Any], int | float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "**": _power,
}


def _calculate(cursor: Cursor, mark: Token, left: Value, right: Value) -> int | float:
    for side in (left, right):
        if isinstance(side, bool) or not isinstance(side, int | float):
            raise cursor.error(f"'{mark.value}' takes numbers on both sides", mark)
    try:
        result = _OPERATIONS[mark.value](left, right)
    except ZeroDivisionError:
        raise cursor.error("division by zero", mark) from None
    except (OverflowError, ValueError):
        raise cursor.error(f"'{mark.value}' has no result for these numbers", mark) from None
    return _bounded(cursor, mark, result)
