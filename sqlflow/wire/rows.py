"""Rows and their types, as JSON that loses nothing.

The first record of the row stream is the **header**, ``{"columns": [{"name": …, "type": …}]}``;
each one after it is a **batch**, an array of rows, each an array of cells. NULL is ``null`` in
every type. The other values:

===========  =========================================  ==========================================
type         cell                                       in Python
===========  =========================================  ==========================================
bool         ``true``                                   bool
int64        number                                     int
hugeint      number, any size                           int
double       number, or "NaN", "Infinity", "-Infinity"  float
decimal      string, "12.50"                            decimal.Decimal, trailing zeros kept
text         string                                     str
json         string: the JSON text as it is stored      str
bytes        string: base64                             bytes
date         string: ISO 8601                           datetime.date
time         string: ISO 8601                           datetime.time
timestamp    string: ISO 8601, without zone             datetime.datetime, naive
timestamptz  string: ISO 8601, with offset              datetime.datetime, aware
any          as the cell's own type: number, string,    int, float, str, bytes
             ``{"bytes": base64}``, ``{"double": …}``
===========  =========================================  ==========================================

A date or time that Python has no value for (infinity, years BC or beyond 9999, MySQL's zero dates
and times of more than a day) stays the engine's own text, in Python too.

``any`` is for engines where a column has no type, only its cells do (SQLite). Values that have no
type of their own here (intervals, UUIDs) are ``text``; lists and structs are ``json``.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import enum
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Type(enum.StrEnum):
    """The types of columns; the module's docstring says how each travels."""

    BOOL = "bool"
    INT64 = "int64"
    HUGEINT = "hugeint"
    DOUBLE = "double"
    DECIMAL = "decimal"
    TEXT = "text"
    JSON = "json"
    BYTES = "bytes"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    ANY = "any"


_TYPES = frozenset(Type)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result. Names may repeat, as in ``SELECT 1 AS a, 2 AS a``.

    Attributes:
        native: what the engine calls the type, such as ``DECIMAL(10,2)``, where it is known and can
            stand in a CREATE TABLE of the same engine; it does not travel.
    """

    name: str
    type: Type
    native: str = field(default="", compare=False)


def header_to_json(columns: Sequence[Column]) -> str:
    """Return the header record."""
    return json.dumps(
        {"columns": [{"name": c.name, "type": c.type} for c in columns]}, ensure_ascii=False
    )


def is_header(text: str) -> bool:
    """Tell the header, an object, from a batch, an array."""
    return text.startswith("{")


def header_from_json(text: str) -> tuple[Column, ...]:
    """Read a header record. A type of a later version is read as text."""
    return tuple(
        Column(c["name"], Type(c["type"]) if c["type"] in _TYPES else Type.TEXT)
        for c in json.loads(text)["columns"]
    )


class RowCodec:
    """Encodes and decodes batches of one result.

    Most cells need no conversion, but each might (a number of numpy's, NaN). So a column is asked
    first for the types of its cells, which costs a fraction of converting them.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        plain = [_PLAIN.get(c.type, _NOTHING) for c in self.columns]
        encoders = [_ENCODERS[c.type] for c in self.columns]
        self._encoders = list(zip(plain, encoders, strict=True))
        self._careful = [(_NOTHING, encoder) for encoder in encoders]
        decoders = [_DECODERS.get(c.type, _unchanged) for c in self.columns]
        self._decoders = list(zip(plain, decoders, strict=True))

    def encode(self, rows: Iterable[Sequence[Any]]) -> str:
        """Return the record of a batch.

        Raises:
            ValueError: a row has more or fewer cells than there are columns.
        """
        batch = list(rows)
        try:
            return _dumps(_converted(batch, self._encoders))
        except ValueError:  # NaN or an infinity, which JSON has no numbers for
            return _dumps(_converted(batch, self._careful))

    def decode(self, text: str) -> list[tuple[Any, ...]]:
        """Read the record of a batch."""
        return _converted(json.loads(text), self._decoders)


def _converted(
    rows: Sequence[Sequence[Any]],
    converters: Sequence[tuple[frozenset[type], Callable[[Any], Any]]],
) -> list[tuple[Any, ...]]:
    if not rows:
        return []
    columns = [
        cells if plain.issuperset(map(type, cells)) else _each(convert, cells)
        for cells, (plain, convert) in zip(zip(*rows, strict=True), converters, strict=True)
    ]
    return list(zip(*columns, strict=True))


def _unchanged(cell: Any) -> Any:
    return cell


def _each(convert: Callable[[Any], Any], cells: Iterable[Any]) -> list[Any]:
    return [None if cell is None else convert(cell) for cell in cells]


_dumps = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


def _encode_double(value: Any) -> float | str:
    number = float(value)
    return number if math.isfinite(number) else _NOT_FINITE[str(number)]


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _encode_bytes(value: Any) -> str:
    return base64.b64encode(value).decode("ascii")


def _encode_temporal(value: Any) -> str:
    text: str = value if isinstance(value, str) else value.isoformat()
    return text


def _encode_any(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": _encode_bytes(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return {"double": _encode_double(value)}
    return value


def _decode_any(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, cell),) = value.items()
        return base64.b64decode(cell) if kind == "bytes" else float(cell)
    return value


def _temporal_decoder(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    def decode(text: str) -> Any:
        try:
            return parse(text)
        except ValueError:
            return text

    return decode


_ENCODERS: dict[Type, Callable[[Any], Any]] = {
    Type.BOOL: bool,
    Type.INT64: int,
    Type.HUGEINT: int,
    Type.DOUBLE: _encode_double,
    Type.DECIMAL: str,
    Type.TEXT: str,
    Type.JSON: str,
    Type.BYTES: _encode_bytes,
    Type.DATE: _encode_temporal,
    Type.TIME: _encode_temporal,
    Type.TIMESTAMP: _encode_temporal,
    Type.TIMESTAMPTZ: _encode_temporal,
    Type.ANY: _encode_any,
}

_NULL = type(None)
_NOTHING: frozenset[type] = frozenset()
_TEXT: frozenset[type] = frozenset({str, _NULL})
_PLAIN: dict[Type, frozenset[type]] = {
    Type.BOOL: frozenset({bool, _NULL}),
    Type.INT64: frozenset({int, _NULL}),
    Type.HUGEINT: frozenset({int, _NULL}),
    Type.DOUBLE: frozenset({float, _NULL}),
    Type.TEXT: _TEXT,
    Type.JSON: _TEXT,
    Type.ANY: frozenset({int, float, str, _NULL}),
}
"""The types of cells that are the same in Python and in JSON."""

_DECODERS: dict[Type, Callable[[Any], Any]] = {
    Type.DOUBLE: float,
    Type.DECIMAL: decimal.Decimal,
    Type.BYTES: base64.b64decode,
    Type.DATE: _temporal_decoder(dt.date.fromisoformat),
    Type.TIME: _temporal_decoder(dt.time.fromisoformat),
    Type.TIMESTAMP: _temporal_decoder(dt.datetime.fromisoformat),
    Type.TIMESTAMPTZ: _temporal_decoder(dt.datetime.fromisoformat),
    Type.ANY: _decode_any,
}
