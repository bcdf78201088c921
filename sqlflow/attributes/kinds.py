"""The kinds of value that an attribute can take.

A kind answers three questions: what a value of it looks like, in words (for the documents and for
messages), whether a value is one, and what it becomes. It converts no more than is certain: a whole
number where a number is wanted, another spelling of a choice. Text that looks like a number stays
text, since the quotes were written on purpose.
"""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from sqlflow.attributes.ranges import ANY, Range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.sql.clauses import Value

_LONGEST_QUOTE = 60


class Kind(abc.ABC):
    """What the kinds have in common."""

    __slots__ = ()

    @abc.abstractmethod
    def describe(self) -> str:
        """Say in words what a value of this kind is."""

    @abc.abstractmethod
    def accepts(self, value: Value) -> bool:
        """Tell whether the value is of this kind."""

    def convert(self, value: Value) -> Value:
        """Return an accepted value in the type that the model takes."""
        return value

    def refuse(self, name: str, value: Value) -> tuple[str, Value]:  # noqa: ARG002 - for ranges
        """Return what was expected of the attribute, and the part of the value that was not it."""
        return self.describe(), value

    def words(self) -> tuple[str, ...]:
        """Return the words that a value may be, to suggest one of them."""
        return ()


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number."""

    span: Range = ANY

    def describe(self) -> str:
        return f"a whole number {self.span}".rstrip()

    def accepts(self, value: Value) -> bool:
        return _is_whole(value) and self.span.holds(value)

    def refuse(self, name: str, value: Value) -> tuple[str, Value]:
        return self.span.around(name) if _is_whole(value) else self.describe(), value


@dataclass(frozen=True, slots=True)
class Real(Kind):
    """A finite number.

    Attributes:
        fraction: whether it must be written with a point, where ``1`` and ``1.0`` differ: one
            feature, or all of them.
    """

    span: Range = ANY
    fraction: bool = False

    def describe(self) -> str:
        noun = "a number with a point" if self.fraction else "a number"
        return f"{noun} {self.span}".rstrip()

    def accepts(self, value: Value) -> bool:
        return self._is_one(value) and self.span.holds(value)

    def convert(self, value: Value) -> Value:
        return float(value) if self._is_one(value) else value

    def refuse(self, name: str, value: Value) -> tuple[str, Value]:
        return self.span.around(name) if self._is_one(value) else self.describe(), value

    def _is_one(self, value: Value) -> TypeGuard[float]:
        if isinstance(value, float):
            return math.isfinite(value)
        return _is_whole(value) and not self.fraction


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number that stays whole if it was written so, for lists that hold either."""

    def describe(self) -> str:
        return "a number"

    def accepts(self, value: Value) -> bool:
        return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


@dataclass(frozen=True, slots=True)
class Boolean(Kind):
    """TRUE or FALSE; 1 and 0 are taken too, as XGBoost's documents write flags."""

    def describe(self) -> str:
        return "TRUE or FALSE"

    def accepts(self, value: Value) -> bool:
        return isinstance(value, bool) or (_is_whole(value) and value in {0, 1})

    def convert(self, value: Value) -> Value:
        return bool(value)


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Any text that is not empty.

    Attributes:
        what: what the text is, such as ``a query``.
    """

    what: str = "a text"

    def describe(self) -> str:
        return self.what

    def accepts(self, value: Value) -> bool:
        return isinstance(value, str) and bool(value.strip())


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of a few words; upper and lower case don't matter.

    Attributes:
        options: the words, as the model takes them.
        also: other spellings in lower case, each with its word.
    """

    options: tuple[str, ...]
    also: Mapping[str, str] | None = None

    def describe(self) -> str:
        if len(self.options) == 1:
            return f"'{self.options[0]}'"
        return "one of " + ", ".join(self.options)

    def accepts(self, value: Value) -> bool:
        return self._find(value) is not None

    def convert(self, value: Value) -> Value:
        return self._find(value)

    def words(self) -> tuple[str, ...]:
        return self.options

    def _find(self, value: Value) -> str | None:
        if not isinstance(value, str):
            return None
        if value in self.options:
            return value
        folded = value.lower()
        same = (option for option in self.options if option.lower() == folded)
        return next(same, (self.also or {}).get(folded))


@dataclass(frozen=True, slots=True)
class Null(Kind):
    """NULL, where a model's documents say ``None``."""

    def describe(self) -> str:
        return "NULL"

    def accepts(self, value: Value) -> bool:
        return value is None


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """A list, not empty, of values of one kind.

    Attributes:
        split: whether ``'a, b'`` and a single word stand for a list, as the 2020 system wrote
            ``validation.metrics``.
    """

    item: Kind
    split: bool = False

    def describe(self) -> str:
        return f"a list, each {self.item.describe()}"

    def accepts(self, value: Value) -> bool:
        items = self._items(value)
        return bool(items) and all(map(self.item.accepts, items))

    def convert(self, value: Value) -> Value:
        return [self.item.convert(item) for item in self._items(value)]

    def refuse(self, name: str, value: Value) -> tuple[str, Value]:
        wrong = [item for item in self._items(value) if not self.item.accepts(item)]
        if not wrong:
            return self.describe(), value
        each = name if name.startswith("each of ") else f"each of {name}"
        expected, found = self.item.refuse(each, wrong[0])
        return (expected if name in expected else f"{each} to be {expected}"), found

    def words(self) -> tuple[str, ...]:
        return self.item.words()

    def _items(self, value: Value) -> list[Value]:
        if self.split and isinstance(value, str):
            return [word.strip() for word in value.split(",")]
        return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Either(Kind):
    """A value of the first of some kinds that accepts it."""

    kinds: tuple[Kind, ...]

    def describe(self) -> str:
        return ", or ".join(kind.describe() for kind in self.kinds)

    def accepts(self, value: Value) -> bool:
        return any(kind.accepts(value) for kind in self.kinds)

    def convert(self, value: Value) -> Value:
        return next(kind.convert(value) for kind in self.kinds if kind.accepts(value))

    def refuse(self, name: str, value: Value) -> tuple[str, Value]:
        near = [
            refusal
            for kind in self.kinds
            if (refusal := kind.refuse(name, value))[0] != kind.describe()
        ]
        return near[0] if len(near) == 1 else (self.describe(), value)

    def words(self) -> tuple[str, ...]:
        return tuple(word for kind in self.kinds for word in kind.words())


def plain(value: Value) -> str:
    """Write a value as a program would."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case float():
            return repr(value)
        case str():
            short = value if len(value) <= _LONGEST_QUOTE else value[:_LONGEST_QUOTE] + "…"
            return f"'{short}'"
        case list():
            return "[" + ", ".join(map(plain, value)) + "]"
        case _:
            return str(value)


def _is_whole(value: Value) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
