"""Whether a select fits an encoding: it has the columns, and they are of like types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.errors import ModelError
from sqlflow.ml import deriving, names
from sqlflow.wire.rows import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlflow.ml.features import Encoding
    from sqlflow.ml.saving import Card
    from sqlflow.wire.rows import Column


def spellings(encoding: Encoding, columns: Sequence[Column]) -> dict[str, str]:
    """Return for each column that an encoding reads what the select calls it.

    Raises:
        ModelError: the select does not return it.
    """
    here = [c.name for c in columns]
    found = {}
    for needed in encoding.columns:
        spelled = names.find(needed, here)
        if spelled is None:
            hint = names.suggest(needed, here, what="it returns")
            raise ModelError(
                f'the model learns from the column "{needed}", which the select does not '
                f"return{hint}"
            )
        found[needed] = spelled
    return found


def check(name: str, card: Card, columns: Sequence[Column]) -> dict[str, str]:
    """Return the spellings for a saved model, whose columns must have types like those of now.

    Args:
        name: of the model, for the message.
        card: the model's.
        columns: of the select.

    Raises:
        ModelError: a column is missing, or is a number where it was a text, or the reverse.
    """
    try:
        found = spellings(card.encoding, columns)
    except ModelError as error:
        raise ModelError(f'model "{name}" does not fit the select: {error}') from error
    trained = {c.name: c.type for c in card.columns}
    types = {c.name: c.type for c in columns}
    for needed, spelled in found.items():
        then, now = _kind(trained[needed]), _kind(types[spelled])
        if then != now and Type.ANY not in (then, now):
            raise ModelError(
                f'model "{name}" does not fit the select: "{needed}" was {trained[needed]} when '
                f"it was trained, here it is {types[spelled]}"
            )
    return found


def _kind(column_type: Type) -> str:
    return "number" if column_type in deriving.NUMERIC else column_type
