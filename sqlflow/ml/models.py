"""Saved models, read and made ready to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow import attributes
from sqlflow.attributes import Family
from sqlflow.errors import ModelError
from sqlflow.ml import estimators, saving, store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow.databases import Connection
    from sqlflow.ml.estimators import Fitted
    from sqlflow.ml.saving import Card

_SKLEARN = "scikit-learn"


def load(connection: Connection, name: str, warn: Callable[[str], None]) -> tuple[Card, bytes]:
    """Read a model, and say so if another version of its library made it.

    XGBoost's own format holds across versions; scikit-learn promises nothing.

    Raises:
        ModelError: there is none of that name, or it is damaged.
    """
    card, payload = store.load(connection, name)
    then, now = card.versions.get(_SKLEARN), saving.versions().get(_SKLEARN)
    if _family(card) is not Family.XGBOOST and then != now:
        warn(f'model "{name}" was trained with {_SKLEARN} {then}, this is {now}')
    return card, payload


def fitted(card: Card, payload: bytes) -> Fitted:
    """Return the model itself; importing its library takes seconds, so hold no connection."""
    return estimators.family(_family(card)).load(payload, card.label)


def _family(card: Card) -> Family:
    spec = attributes.lookup(card.model_class)
    if spec is None:
        raise ModelError(f"this version of SQLFlow has no model class {card.model_class}")
    return spec.family
