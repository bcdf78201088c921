"""The types of PostgreSQL: what each becomes, and how it is read.

What has no type here (uuid, interval, inet, ranges, enums and the like) is the server's text.
Arrays become JSON; so do json and jsonb, as the text that is stored.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from psycopg.adapt import Loader
from psycopg.types.array import ArrayLoader
from psycopg.types.string import TextLoader

from sqlflow.databases import temporals
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from psycopg.adapt import AdaptersMap, Buffer
    from psycopg.pq.abc import PGresult
    from psycopg.types import TypesRegistry

_TYPES = {
    "bool": Type.BOOL,
    **dict.fromkeys(("int2", "int4", "int8", "oid"), Type.INT64),
    **dict.fromkeys(("float4", "float8"), Type.DOUBLE),
    "numeric": Type.DECIMAL,
    **dict.fromkeys(("text", "varchar", "bpchar"), Type.TEXT),
    **dict.fromkeys(("json", "jsonb"), Type.JSON),
    "bytea": Type.BYTES,
    "date": Type.DATE,
    "time": Type.TIME,
    "timestamp": Type.TIMESTAMP,
    "timestamptz": Type.TIMESTAMPTZ,
}

TYPE_NAMES = {
    Type.BOOL: "boolean",
    Type.INT64: "bigint",
    Type.HUGEINT: "numeric",
    Type.DOUBLE: "double precision",
    Type.DECIMAL: "numeric",
    Type.TEXT: "text",
    Type.JSON: "json",
    Type.BYTES: "bytea",
    Type.DATE: "date",
    Type.TIME: "time",
    Type.TIMESTAMP: "timestamp",
    Type.TIMESTAMPTZ: "timestamptz",
    Type.ANY: "text",
}


def columns(result: PGresult, types: TypesRegistry) -> tuple[Column, ...]:
    """Return the columns of a result."""
    return tuple(_column(result, types, index) for index in range(result.nfields))


def _column(result: PGresult, types: TypesRegistry, index: int) -> Column:
    name = (result.fname(index) or b"").decode()
    oid = result.ftype(index)
    info = types.get(oid)
    if info is None:
        return Column(name, Type.TEXT)
    if oid == info.array_oid:
        return Column(name, Type.JSON)
    if info.name not in _TYPES:
        return Column(name, Type.TEXT)
    native = info.get_type_display(oid=oid, fmod=result.fmod(index))
    return Column(name, _TYPES[info.name], native)


def register(adapters: AdaptersMap) -> None:
    """Make a connection load each type as :func:`columns` says."""
    for info in adapters.types:
        kind = _TYPES.get(info.name, Type.TEXT)
        if kind in temporals.PARSERS:
            loader = type("TemporalLoader", (_TemporalLoader,), {"kind": kind})
            adapters.register_loader(info.oid, loader)
        elif kind in {Type.TEXT, Type.JSON}:
            adapters.register_loader(info.oid, TextLoader)
        if info.array_oid:
            given = {"base_oid": info.oid, "delimiter": info.delimiter.encode()}
            adapters.register_loader(info.array_oid, type("JSONLoader", (_JSONLoader,), given))


class _TemporalLoader(Loader):
    kind: Type

    def load(self, data: Buffer) -> Any:
        return temporals.parse(self.kind, bytes(data).decode())


class _JSONLoader(ArrayLoader):
    def load(self, data: Buffer) -> Any:
        return _to_json(super().load(data))


def _to_json(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_to_json, value))}]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, bytes):
        value = f"\\x{value.hex()}"
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    return json.dumps(value, ensure_ascii=False, default=str)
