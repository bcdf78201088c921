"""The models of a data source: two tables beside the user's own.

::

    sqlflow_models       model, version, created, statement, card, checksum     a row a model
    sqlflow_model_parts  version, part, data                                    the payload

A model ``db.m`` lies in the tables of ``db``. Each training writes parts under a version of its
own (a random number) and then, in the same transaction, puts the version in the place of the old
one: a reader finds the old model or the new one. Should two trainings of one name end at the same
moment, where the engine lets both commit, the later one is the model.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.databases import identifiers
from sqlflow.errors import ModelError, StatementError
from sqlflow.ml import names, saving
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from sqlflow.databases import Connection
    from sqlflow.ml.saving import Card, Packed

_MODELS, _PARTS = "sqlflow_models", "sqlflow_model_parts"

_COLUMNS = {
    _MODELS: tuple(
        Column(name, Type.TEXT)
        for name in ("model", "version", "created", "statement", "card", "checksum")
    ),
    _PARTS: (
        Column("version", Type.TEXT),
        Column("part", Type.INT64),
        Column("data", Type.BYTES),
    ),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a model is: its name there, and the tables' names."""

    model: str
    models: str
    parts: str


def prepare(connection: Connection, name: str) -> None:
    """Make sure that a model of this name can be saved: its tables are there, or are made now."""
    place = _place(name)
    for table, columns in ((place.models, _COLUMNS[_MODELS]), (place.parts, _COLUMNS[_PARTS])):
        if connection.table_exists(table):
            continue
        try:
            connection.create_table(table, columns)
        except StatementError:
            # Another statement may have made it in between.
            if not connection.table_exists(table):
                raise


def save(connection: Connection, name: str, card: Card, payload: bytes) -> None:
    """Put a model in the place of an older one of the same name, if there is one."""
    place = _place(name)
    packed = saving.pack(card, payload)
    version = secrets.token_hex(8)
    models, parts = connection.qualify(place.models), connection.qualify(place.parts)
    row = (place.model, version, card.created, card.statement, packed.card, packed.checksum)
    with connection.transaction():
        # One part at a time: a driver may hold several copies of a batch.
        rows = ([(version, number, data)] for number, data in enumerate(packed.parts))
        connection.insert(place.parts, _COLUMNS[_PARTS], rows)
        old = f"SELECT version FROM {models} WHERE model = ?"
        connection.execute(f"DELETE FROM {parts} WHERE version IN ({old})", [place.model])
        connection.execute(f"DELETE FROM {models} WHERE model = ?", [place.model])
        connection.insert(place.models, _COLUMNS[_MODELS], [[row]])


def load(connection: Connection, name: str) -> tuple[Card, bytes]:
    """Read a model.

    Raises:
        ModelError: there is none of that name, or it is damaged.
    """
    return saving.unpack(name, _packed(connection, name))


def statement(connection: Connection, name: str) -> str:
    """Return the text of the statement that made a model."""
    place = _place(name)
    rows = _rows(connection, place, name, "statement")
    return str(rows[0])


def _packed(connection: Connection, name: str) -> Packed:
    place = _place(name)
    version, card, checksum = _rows(connection, place, name, "version, card, checksum")
    found = connection.execute(
        f"SELECT data FROM {connection.qualify(place.parts)} WHERE version = ? ORDER BY part",
        [version],
    )
    parts = tuple(bytes(row[0]) for rows in found.batches(1) for row in rows)
    return saving.Packed(str(card), str(checksum), parts)


def _rows(connection: Connection, place: _Place, name: str, columns: str) -> tuple[object, ...]:
    """Return columns of a model's row, the latest if there are several."""
    if connection.table_exists(place.models):
        found = connection.execute(
            f"SELECT {columns} FROM {connection.qualify(place.models)} "
            "WHERE model = ? ORDER BY created DESC",
            [place.model],
        ).rows()
        if found:
            return found[0]
    raise _missing(connection, place, name)


def _missing(connection: Connection, place: _Place, name: str) -> ModelError:
    if not connection.table_exists(place.models):
        return ModelError(f'there is no model "{name}"; no model was saved in this place yet')
    rows = connection.execute(f"SELECT model FROM {connection.qualify(place.models)}").rows()
    hint = names.suggest(place.model, (str(row[0]) for row in rows), what="there are")
    return ModelError(f'there is no model "{name}"{hint}')


def _place(name: str) -> _Place:
    *database, model = identifiers.split(name)
    quoted = [identifiers.quote(part) for part in database]
    return _Place(model, ".".join([*quoted, _MODELS]), ".".join([*quoted, _PARTS]))
