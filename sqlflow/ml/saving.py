"""A saved model: a card, which is JSON, and a payload, which only its family can read.

The card says all that is known besides the model's own numbers: the statement that made it, the
columns it was trained on, how they are encoded, what it predicts, how good it was, and with which
versions of which libraries. A checksum over both finds rows that were changed or lost. It is no
signature: whoever may write to the data source may write models.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sqlflow.errors import ModelError
from sqlflow.ml.features import Encoding
from sqlflow.ml.labels import Label
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.sql.clauses import Value

FORMAT = 1
"""Of the card and the payload; a later one is refused."""

PART = 1 << 20
"""Bytes of a payload that a row holds at most: below every engine's limit of a packet."""

_LIBRARIES = ("sqlflow-argo", "numpy", "scikit-learn", "skops", "xgboost-cpu", "xgboost")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that are installed."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is known of a model.

    Attributes:
        model_class: its canonical name.
        statement: the text of the statement that made it.
        columns: of the select, with their types.
        encoding: of the features.
        label: what is predicted.
        attributes: those that the statement gave.
        metrics: how good it was after training.
        versions: of the libraries that made it.
        created: when, ISO 8601, UTC.
    """

    model_class: str
    statement: str
    columns: tuple[Column, ...]
    encoding: Encoding
    label: Label
    attributes: Mapping[str, Value]
    metrics: Mapping[str, float]
    versions: Mapping[str, str] = field(default_factory=versions)
    created: str = field(default_factory=lambda: dt.datetime.now(dt.UTC).isoformat())

    def to_json(self) -> str:
        """Return the form that :meth:`from_json` reads."""
        value = {
            "format": FORMAT,
            "model_class": self.model_class,
            "statement": self.statement,
            "columns": [{"name": c.name, "type": c.type} for c in self.columns],
            "encoding": self.encoding.to_json(),
            "label": self.label.to_json(),
            "attributes": self.attributes,
            "metrics": self.metrics,
            "versions": self.versions,
            "created": self.created,
        }
        return json.dumps(value, ensure_ascii=False)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Card:
        """Read what :meth:`to_json` wrote."""
        return cls(
            model_class=value["model_class"],
            statement=value["statement"],
            columns=tuple(Column(c["name"], Type(c["type"])) for c in value["columns"]),
            encoding=Encoding.from_json(value["encoding"]),
            label=Label.from_json(value["label"]),
            attributes=value["attributes"],
            metrics=value["metrics"],
            versions=value["versions"],
            created=value["created"],
        )


@dataclass(frozen=True, slots=True)
class Packed:
    """A model as it lies in the data source: text, checksum, and parts of at most a MiB."""

    card: str
    checksum: str
    parts: tuple[bytes, ...]


def pack(card: Card, payload: bytes) -> Packed:
    """Return what is stored."""
    text = card.to_json()
    parts = tuple(payload[i : i + PART] for i in range(0, len(payload), PART))
    return Packed(text, _checksum(text, payload), parts)


def unpack(name: str, packed: Packed) -> tuple[Card, bytes]:
    """Read what was stored.

    Raises:
        ModelError: it is damaged, or of a later version.
    """
    payload = b"".join(packed.parts)
    value = _read(name, packed.card)
    if _checksum(packed.card, payload) != packed.checksum:
        raise _damaged(name)
    try:
        return Card.from_json(value), payload
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(name) from error


def _read(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
        version = value["format"]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(name) from error
    if not isinstance(version, int) or version > FORMAT:
        raise ModelError(
            f'model "{name}" is saved in format {version!r}, this version of SQLFlow reads up to '
            f"{FORMAT}; use a later version, or train the model again"
        )
    read: dict[str, Any] = value
    return read


def _damaged(name: str) -> ModelError:
    return ModelError(
        f'model "{name}" is damaged: what the data source holds is not what was saved; '
        "train it again"
    )


def _checksum(text: str, payload: bytes) -> str:
    digest = hashlib.sha256(text.encode("utf-8"))
    digest.update(b"\0")
    digest.update(payload)
    return digest.hexdigest()
