"""The types of MySQL and MariaDB: what the server's codes mean.

The code alone does not say: BLOB or TEXT is a matter of the character set, an unsigned BIGINT of a
flag. MariaDB's JSON is LONGTEXT by another name, and is text here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from pymysql.constants import FIELD_TYPE, FLAG
from pymysql.converters import encoders

from sqlflow.databases import temporals
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_BINARY = 63
"""The character set of bytes."""

_INTEGERS = (
    FIELD_TYPE.TINY,
    FIELD_TYPE.SHORT,
    FIELD_TYPE.INT24,
    FIELD_TYPE.LONG,
    FIELD_TYPE.LONGLONG,
    FIELD_TYPE.YEAR,
)
_DECIMALS = (FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL)

_TYPES = {
    **dict.fromkeys(_INTEGERS, Type.INT64),
    **dict.fromkeys(_DECIMALS, Type.DECIMAL),
    FIELD_TYPE.FLOAT: Type.DOUBLE,
    FIELD_TYPE.DOUBLE: Type.DOUBLE,
    FIELD_TYPE.DATE: Type.DATE,
    FIELD_TYPE.NEWDATE: Type.DATE,
    FIELD_TYPE.TIME: Type.TIME,
    # A TIMESTAMP is an instant, but is shown in the session's time zone and without it.
    FIELD_TYPE.TIMESTAMP: Type.TIMESTAMP,
    FIELD_TYPE.DATETIME: Type.TIMESTAMP,
    FIELD_TYPE.JSON: Type.JSON,
    FIELD_TYPE.GEOMETRY: Type.BYTES,
}
_STRINGS = frozenset(
    {
        FIELD_TYPE.TINY_BLOB,
        FIELD_TYPE.MEDIUM_BLOB,
        FIELD_TYPE.LONG_BLOB,
        FIELD_TYPE.BLOB,
        FIELD_TYPE.VARCHAR,
        FIELD_TYPE.VAR_STRING,
        FIELD_TYPE.STRING,
    }
)

TYPE_NAMES = {
    Type.BOOL: "BOOLEAN",
    Type.INT64: "BIGINT",
    Type.HUGEINT: "DECIMAL(65,0)",
    Type.DOUBLE: "DOUBLE",
    Type.DECIMAL: "DECIMAL(65,30)",
    # The database's own character set may not know all characters.
    Type.TEXT: "LONGTEXT CHARACTER SET utf8mb4",
    Type.JSON: "JSON",
    Type.BYTES: "LONGBLOB",
    Type.DATE: "DATE",
    Type.TIME: "TIME(6)",
    Type.TIMESTAMP: "DATETIME(6)",
    Type.TIMESTAMPTZ: "DATETIME(6)",
    Type.ANY: "LONGTEXT CHARACTER SET utf8mb4",
}


def _temporal(kind: Type) -> Callable[[str], Any]:
    return lambda text: temporals.parse(kind, text)


CONVERSIONS: Mapping[Any, Callable[..., Any]] = {
    **encoders,
    **dict.fromkeys(_INTEGERS, int),
    **dict.fromkeys(_DECIMALS, Decimal),
    FIELD_TYPE.FLOAT: float,
    FIELD_TYPE.DOUBLE: float,
    FIELD_TYPE.BIT: lambda data: int.from_bytes(data, "big"),
    **{code: _temporal(kind) for code, kind in _TYPES.items() if kind in temporals.PARSERS},
}
"""From Python by class and to Python by code, as PyMySQL asks for it."""


class Field(Protocol):
    """What PyMySQL knows of a column."""

    name: str
    type_code: int
    charsetnr: int
    flags: int
    length: int
    scale: int


def column(field: Field) -> Column:
    """Return the column of a result."""
    return Column(field.name, *_typed(field))


def _typed(field: Field) -> tuple[Type, str]:
    code = field.type_code
    if code == FIELD_TYPE.LONGLONG and field.flags & FLAG.UNSIGNED:
        return Type.HUGEINT, "BIGINT UNSIGNED"
    if code == FIELD_TYPE.BIT:
        kind = Type.BOOL if field.length == 1 else Type.INT64
        return (Type.HUGEINT if field.length == 64 else kind), f"BIT({field.length})"
    if code in _DECIMALS:
        # The length counts the sign and the point.
        digits = field.length - (not field.flags & FLAG.UNSIGNED) - (field.scale > 0)
        return Type.DECIMAL, f"DECIMAL({digits},{field.scale})"
    if code in _STRINGS:
        return (Type.BYTES if field.charsetnr == _BINARY else Type.TEXT), ""
    return _TYPES.get(code, Type.TEXT), ""


def converted(columns: Sequence[Column], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Make booleans of the columns that are BIT(1), which the code alone does not tell."""
    places = {i for i, c in enumerate(columns) if c.type is Type.BOOL}
    if not places:
        return rows
    return [
        tuple(
            bool(value) if i in places and value is not None else value
            for i, value in enumerate(row)
        )
        for row in rows
    ]
