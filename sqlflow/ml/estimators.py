"""What the families of models have in common, and which family trains what.

A family (:mod:`~sqlflow.ml.xgboosts`, :mod:`~sqlflow.ml.networks`, :mod:`~sqlflow.ml.sklearns`)
sees a matrix and a vector of numbers, never a column of the database: features and labels were
encoded before, and a prediction is decoded after. A family is a module with the functions of
:class:`Family`; importing one imports its library, which is why they are found by name.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from sqlflow.attributes.specs import Family as Kind
from sqlflow.errors import DataSourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlflow.attributes.specs import ModelSpec
    from sqlflow.ml.labels import Label
    from sqlflow.ml.rounds import Rounds
    from sqlflow.sql.clauses import Value

_HOMES = {
    Kind.XGBOOST: ("xgboosts", "xgboost"),
    Kind.NEURAL: ("networks", "sklearn"),
    Kind.LINEAR: ("networks", "sklearn"),
    Kind.SKLEARN: ("sklearns", "sklearn"),
}


@dataclass(frozen=True, slots=True)
class Examples:
    """Encoded rows: a matrix of singles (NaN: not known), and the label's numbers if any."""

    matrix: Any
    target: Any = None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.matrix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a family is asked to train.

    Attributes:
        spec: the model class.
        given: the attributes that the statement names.
        attributes: those and the defaults of the rest.
        label: what is to be predicted.
        warm: the model to go on from.
        warn: takes a sentence that the user should see.
    """

    spec: ModelSpec
    given: Mapping[str, Value]
    attributes: Mapping[str, Value]
    label: Label
    warm: Fitted | None
    warn: Callable[[str], None]

    def number(self, name: str) -> int:
        """Return an attribute that is a whole number and has a default."""
        value = self.attributes[name]
        assert isinstance(value, int)
        return value


class Fitted(Protocol):
    """A trained model, in numbers."""

    def predict(self, matrix: Any) -> Any:
        """Return a number a row: of the class or cluster, or the number itself."""

    def probabilities(self, matrix: Any) -> Any | None:
        """Return rows x classes; None for a model that gives none."""

    def contributions(self, matrix: Any) -> Any | None:
        """Return outputs x rows x columns: how much each cell moves each output.

        Exact SHAP values, or None for a model for which they can't be computed exactly.
        """

    def dump(self) -> bytes:
        """Return what the family's ``load`` reads."""


class Family(Protocol):
    """The functions of a family's module."""

    def check(self, order: Order, examples: Examples) -> None:
        """Refuse, before anything is trained, what can be known to fail."""

    def train(
        self, order: Order, train: Examples, validate: Examples | None, rounds: Rounds
    ) -> Fitted:
        """Train, report each round, return the model."""

    def load(self, payload: bytes, label: Label) -> Fitted:
        """Read a saved model."""


def family(kind: Kind) -> Family:
    """Return the module that trains models of a kind.

    Raises:
        DataSourceError: a library is not installed; the message names the extra.
    """
    home, library = _HOMES[kind]
    try:
        return cast("Family", importlib.import_module(f"sqlflow.ml.{home}"))
    except ModuleNotFoundError as error:
        raise missing(library, error) from error


def missing(library: str, error: ModuleNotFoundError) -> DataSourceError:
    """Return the error that says which extra brings a library."""
    extra = "explain" if library == "matplotlib" else "ml"
    return DataSourceError(
        f'{error.name or library} is not installed; pip install "sqlflow-argo[{extra}]" brings it'
    )
