"""Rows as Arrow record batches, for training.

The schema depends on the columns alone, so that each batch fits the one before, on every engine.
Exactness ends here: ``decimal`` and ``hugeint`` become double, which is what a model computes
with. For all else the value is kept. pyarrow is imported at the first batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlflow.errors import DataError
from sqlflow.wire.rows import Type

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    import pyarrow as pa

    from sqlflow.wire.rows import Column

_NUMBERS = frozenset({Type.DECIMAL, Type.HUGEINT, Type.DOUBLE})


def schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the schema of batches with these columns; ``any`` is not known before the rows."""
    import pyarrow as pa

    types = {
        Type.BOOL: pa.bool_(),
        Type.INT64: pa.int64(),
        Type.HUGEINT: pa.float64(),
        Type.DOUBLE: pa.float64(),
        Type.DECIMAL: pa.float64(),
        Type.TEXT: pa.string(),
        Type.JSON: pa.string(),
        Type.BYTES: pa.binary(),
        Type.DATE: pa.date32(),
        Type.TIME: pa.time64("us"),
        Type.TIMESTAMP: pa.timestamp("us"),
        Type.TIMESTAMPTZ: pa.timestamp("us", "UTC"),
        Type.ANY: pa.null(),
    }
    return pa.schema([(column.name, types[column.type]) for column in columns])


def from_rows(
    columns: Sequence[Column], batches: Iterable[list[tuple[Any, ...]]]
) -> Generator[pa.RecordBatch]:
    """Turn batches of rows into record batches.

    A column of type ``any`` becomes double or text by the first batch.
    """
    import pyarrow as pa

    target = None
    for rows in batches:
        cells = list(zip(*rows, strict=True))
        if target is None:
            target = _settled(schema(columns), columns, cells)
        arrays = [
            _array(field, column, values)
            for field, column, values in zip(target, columns, cells, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=target)


def _settled(
    known: pa.Schema, columns: Sequence[Column], cells: Sequence[Sequence[Any]]
) -> pa.Schema:
    """Give each ``any`` column a type: that of its first value; double if all are NULL."""
    import pyarrow as pa

    kinds: dict[type, pa.DataType] = {str: pa.string(), bytes: pa.binary()}
    for index, column in enumerate(columns):
        if column.type is Type.ANY:
            first = next((value for value in cells[index] if value is not None), None)
            known = known.set(index, pa.field(column.name, kinds.get(type(first), pa.float64())))
    return known


def _array(field: pa.Field, column: Column, values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        if column.type in _NUMBERS or pa.types.is_floating(field.type):
            values = [None if value is None else float(value) for value in values]
        return pa.array(values, field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        wrong = next(value for value in values if not _fits(value, field.type))
        raise DataError(
            f"column {column.name!r} was taken for {field.type}, and holds {wrong!r:.80}; "
            "cast it in the query"
        ) from error


def _fits(value: Any, kind: pa.DataType) -> bool:
    import pyarrow as pa

    try:
        pa.array([float(value) if value and pa.types.is_floating(kind) else value], kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return False
    return True
