"""Neural networks and linear models, trained epoch by epoch, by scikit-learn.

A linear model is a network without hidden layers: its one layer of weights is fitted by the same
steps. Inputs are completed (the training data's mean for NULL) and standardised inside, so is a
regressor's label; both are part of the saved model. An epoch is one pass over all rows in an
order of its own, and its loss is what scikit-learn reports of that pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sqlflow.attributes.specs import Family, Task
from sqlflow.errors import DataError
from sqlflow.ml import completing, labels, skopsfiles
from sqlflow.ml.diagnostics import captured

if TYPE_CHECKING:
    from sqlflow.ml.estimators import Examples, Order
    from sqlflow.ml.labels import Label
    from sqlflow.ml.rounds import Rounds


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network.

    Attributes:
        inputs: completes and standardises a matrix.
        core: scikit-learn's network.
        output: standardises a regressor's label; None for a classifier.
        label: what is predicted.
    """

    inputs: Any
    core: Any
    output: Any
    label: Label

    def predict(self, matrix: Any) -> Any:
        """Return class numbers, or numbers in the label's own scale."""
        predicted = self.core.predict(self.inputs.transform(matrix))
        if self.output is None:
            return predicted
        return self.output.inverse_transform(predicted.reshape(-1, 1)).ravel().astype(np.float64)

    def probabilities(self, matrix: Any) -> Any | None:
        """Return a classifier's probabilities."""
        if self.output is not None:
            return None
        return self.core.predict_proba(self.inputs.transform(matrix))

    def contributions(self, matrix: Any) -> Any | None:
        """Return, for a linear model, weight x (input - mean): its exact SHAP values."""
        if len(self.core.coefs_) > 1:
            return None
        scaled = self.inputs.transform(matrix)
        weights = self.core.coefs_[0].T
        return scaled[np.newaxis] * weights[:, np.newaxis, :]

    def dump(self) -> bytes:
        """Return a skops file."""
        parts = {"inputs": self.inputs, "core": self.core, "output": self.output}
        return skopsfiles.dump(parts)


def load(payload: bytes, label: Label) -> Network:
    """Read a skops file."""
    return Network(**skopsfiles.load(payload), label=label)


def check(order: Order, examples: Examples) -> None:  # noqa: ARG001 - every family's signature
    """Refuse a number of classes that ``model.n_classes`` does not allow."""
    count = order.attributes.get("model.n_classes")
    classes = order.label.classes
    if isinstance(count, int) and count < len(classes):
        raise DataError(
            f'model.n_classes is {count}, but the label "{order.label.column.name}" has '
            f"{len(classes)} values: {labels.listing(classes)}"
        )


def train(order: Order, train: Examples, validate: Examples | None, rounds: Rounds) -> Network:
    """Pass over the rows, epoch by epoch."""
    network = _begun(order, train)
    rows, target = network.inputs.transform(train.matrix), _scaled(network, train.target)
    classes = {"classes": np.arange(len(order.label.classes))} if order.label.classes else {}
    # scikit-learn warns of a batch that is larger than the data.
    network.core.set_params(batch_size=min(order.number("train.batch_size"), len(rows)))
    with captured(order.warn):
        for done in range(1, rounds.total + 1):
            network.core.partial_fit(rows, target, **classes)
            rounds.over(done, _losses(network, validate))
    return network


def _begun(order: Order, train: Examples) -> Network:
    if isinstance(order.warm, Network):
        return order.warm
    completion = completing.imputer(order.spec.name, train.matrix, order.warn)
    inputs = make_pipeline(completion, StandardScaler())
    inputs.fit(train.matrix)
    regression = order.label.task is Task.REGRESSION
    output = StandardScaler().fit(train.target.reshape(-1, 1)) if regression else None
    return Network(inputs, _core(order), output, order.label)


def _core(order: Order) -> Any:
    given = order.attributes
    cls = MLPRegressor if order.label.task is Task.REGRESSION else MLPClassifier
    shared = {
        "alpha": given["model.l2"],
        "learning_rate_init": given["optimizer.learning_rate"],
        "random_state": given["train.seed"],
    }
    if order.spec.family is Family.LINEAR:
        return cls(hidden_layer_sizes=(), solver="sgd", **shared)
    return cls(
        hidden_layer_sizes=tuple(given["model.hidden_units"]),  # type: ignore[arg-type] # a list
        activation=given["model.activation"],
        solver=str(given["model.optimizer"]).lower(),
        beta_1=given["optimizer.beta_1"],
        beta_2=given["optimizer.beta_2"],
        epsilon=given["optimizer.epsilon"],
        momentum=given["optimizer.momentum"],
        nesterovs_momentum=given["optimizer.nesterov"],
        **shared,
    )


def _scaled(network: Network, target: Any) -> Any:
    if network.output is None:
        return target
    return network.output.transform(target.reshape(-1, 1)).ravel()


def _losses(network: Network, validate: Examples | None) -> dict[str, float]:
    losses = {"train_loss": float(network.core.loss_)}
    if validate is None:
        return losses
    if network.output is None:
        known = list(range(len(network.label.classes)))
        chances = network.probabilities(validate.matrix)
        losses["validate_loss"] = float(log_loss(validate.target, chances, labels=known))
    else:
        scaled = network.core.predict(network.inputs.transform(validate.matrix))
        # Half the squared error in the label's standardised scale, as scikit-learn's own loss.
        error = mean_squared_error(_scaled(network, validate.target), scaled)
        losses["validate_loss"] = float(error) / 2
    return losses
