"""The types of DuckDB: what each becomes, and how DuckDB is asked for it.

Left to itself the driver makes 9999-12-31 of an infinite date, cuts nanoseconds and needs pytz for
time zones. Such columns are cast by DuckDB, around the query, and parsed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.databases import temporals
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TYPES = {
    "BOOLEAN": Type.BOOL,
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), Type.INT64),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER"), Type.INT64),
    **dict.fromkeys(("UBIGINT", "HUGEINT", "UHUGEINT"), Type.HUGEINT),
    **dict.fromkeys(("FLOAT", "DOUBLE"), Type.DOUBLE),
    "VARCHAR": Type.TEXT,
    "JSON": Type.JSON,
    "BLOB": Type.BYTES,
    "DATE": Type.DATE,
    "TIME": Type.TIME,
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"), Type.TIMESTAMP),
    "TIMESTAMP WITH TIME ZONE": Type.TIMESTAMPTZ,
}
_NESTED = re.compile(r"(STRUCT|MAP|UNION)\(.*|.*\[\d*\]|VARIANT", re.DOTALL)
_AS_IS = re.compile(r'ENUM\(.*|BIT|"NULL"', re.DOTALL)
"""Types that are text here, and that the driver gives as text."""

_EXACT = "CAST({} AS VARCHAR)"
_JSON = "CAST(to_json({}) AS VARCHAR)"
_ARROW = {
    Type.INT64: "CAST({} AS BIGINT)",
    Type.HUGEINT: "CAST({} AS DOUBLE)",
    Type.DOUBLE: "CAST({} AS DOUBLE)",
    Type.DECIMAL: "CAST({} AS DOUBLE)",
    Type.TEXT: "CAST({} AS VARCHAR)",
    Type.TIMESTAMP: "CAST({} AS TIMESTAMP)",
}

TYPE_NAMES = {
    Type.BOOL: "BOOLEAN",
    Type.INT64: "BIGINT",
    Type.HUGEINT: "HUGEINT",
    Type.DOUBLE: "DOUBLE",
    Type.DECIMAL: "DECIMAL(38,10)",
    Type.TEXT: "VARCHAR",
    Type.JSON: "JSON",
    Type.BYTES: "BLOB",
    Type.DATE: "DATE",
    Type.TIME: "TIME",
    Type.TIMESTAMP: "TIMESTAMP",
    Type.TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE",
    Type.ANY: "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a query, and the expressions that fetch each of them.

    Attributes:
        exact: for rows; ``{}`` alone where the driver's own value is exact.
        arrow: for record batches.
    """

    columns: tuple[Column, ...]
    exact: tuple[str, ...]
    arrow: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str], types: Iterable[object]) -> Shape:
        """Read the names of columns, and of their types as DuckDB prints them."""
        typed = [(name, *_typed(str(kind))) for name, kind in zip(names, types, strict=True)]
        return cls(
            columns=tuple(Column(name, kind, native) for name, kind, native, _ in typed),
            exact=tuple(cast for *_, cast in typed),
            arrow=tuple(
                cast if kind is Type.JSON else _ARROW.get(kind, "{}") for _, kind, _, cast in typed
            ),
        )


def around(query: str, casts: Sequence[str]) -> str:
    """Return a query that casts the columns of another, by position: their names may repeat."""
    if all(cast == "{}" for cast in casts):
        return query
    names = [f"c{number}" for number in range(len(casts))]
    cells = ", ".join(cast.format(name) for cast, name in zip(casts, names, strict=True))
    # On a line of its own, since the query may end in a comment.
    return f"SELECT {cells} FROM (\n{query.rstrip().rstrip(';')}\n) AS q({', '.join(names)})"


def _typed(name: str) -> tuple[Type, str, str]:
    """Return type, the name that can stand in a CREATE TABLE, and the cast."""
    if name.startswith("DECIMAL("):
        return Type.DECIMAL, name, "{}"
    if _NESTED.fullmatch(name):
        return Type.JSON, "", _JSON
    kind = _TYPES.get(name)
    if kind is None:
        return Type.TEXT, "", "{}" if _AS_IS.fullmatch(name) else _EXACT
    return kind, name, _EXACT if kind in temporals.PARSERS else "{}"
