"""``SET step.memory = '4Gi'``: what the steps of later statements ask of the cluster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlflow.errors import ProgramError
from sqlflow.sql import parsing
from sqlflow.sql.cursors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.sql.sources import Source
    from sqlflow.sql.splitting import Piece

_QUANTITY = re.compile(r"\d+(\.\d+)?([munkMGTPE]|[KMGTPE]i)?")
_COUNT = re.compile(r"\d{1,2}")

_KNOWN = {
    "cpu": (_QUANTITY, "a number of cores, such as 2 or '500m'"),
    "memory": (_QUANTITY, "a size, such as '4Gi'"),
    "disk": (_QUANTITY, "a size, such as '10Gi'"),
    "gpu": (_COUNT, "a number of devices"),
    "retries": (_COUNT, "a number up to 99"),
}


def apply(source: Source, piece: Piece, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings after a ``SET step.…``; DEFAULT takes one back.

    Raises:
        ProgramError: an unknown setting, or a value that is none for it.
    """
    name, value = parsing.setting(source, piece)
    if name not in _KNOWN:
        known = ", ".join(f"step.{known}" for known in _KNOWN)
        hint = did_you_mean(f"step.{name}", [f"step.{known}" for known in _KNOWN])
        raise ProgramError(
            source.problem(
                f"unknown setting step.{name}; known are {known}", piece.start, hint=hint
            )
        )
    others = {known: given for known, given in settings.items() if known != name}
    if value is None:
        return others
    pattern, expected = _KNOWN[name]
    text = str(value)
    if isinstance(value, bool | list) or not pattern.fullmatch(text):
        message = f"expected {expected} for step.{name}, found {text}"
        raise ProgramError(source.problem(message, piece.start))
    return {**others, name: text}
