"""``DNNClassifier``, ``DNNRegressor``, ``LinearClassifier`` and ``LinearRegressor``.

The names and attributes are those of the 2020 system as far as they make sense for scikit-learn's
estimators, which do the work.
"""

from __future__ import annotations

from sqlflow.attributes import training
from sqlflow.attributes.kinds import Boolean, Choice, ListOf, Real, Whole
from sqlflow.attributes.ranges import Range
from sqlflow.attributes.rules import only_with
from sqlflow.attributes.specs import Attribute, Family, ModelSpec, Rule, Task, by_name

_POSITIVE = Real(Range(low=0, low_open=True))
_NOT_NEGATIVE = Real(Range(low=0))
_BELOW_ONE = Real(Range(low=0, high=1, high_open=True))

_CLASSES = Attribute(
    name="model.n_classes",
    kind=Whole(Range(low=2)),
    doc="the number of classes; checked against the labels, and counted there when not given",
)
_RATE = Attribute(
    name="optimizer.learning_rate", kind=_POSITIVE, default=0.001, doc="size of a step"
)

_NETWORK = (
    Attribute(
        name="model.hidden_units",
        kind=ListOf(Whole(Range(low=1))),
        default=[100],
        doc="the number of units of each hidden layer",
    ),
    Attribute(
        name="model.activation",
        kind=Choice(("relu", "tanh", "logistic", "identity")),
        default="relu",
        doc="the function of the hidden units",
    ),
    Attribute(name="model.l2", kind=_NOT_NEGATIVE, default=0.0001, doc="L2 regularisation"),
    Attribute(
        name="model.optimizer",
        kind=Choice(("Adam", "SGD")),
        default="Adam",
        doc="how the weights are fitted",
    ),
    _RATE,
    Attribute(name="optimizer.beta_1", kind=_BELOW_ONE, default=0.9, doc="of Adam"),
    Attribute(name="optimizer.beta_2", kind=_BELOW_ONE, default=0.999, doc="of Adam"),
    Attribute(name="optimizer.epsilon", kind=_POSITIVE, default=1e-8, doc="of Adam"),
    Attribute(
        name="optimizer.momentum", kind=Real(Range(low=0, high=1)), default=0.9, doc="of SGD"
    ),
    Attribute(name="optimizer.nesterov", kind=Boolean(), default=True, doc="of SGD"),
)

_LINEAR = (
    Attribute(name="model.l2", kind=_NOT_NEGATIVE, default=0.0001, doc="L2 regularisation"),
    Attribute(name="optimizer.learning_rate", kind=_POSITIVE, default=0.01, doc="size of a step"),
)


def _train(epochs: int, batch: int, task: Task) -> tuple[Attribute, ...]:
    return (
        Attribute(
            name="train.epoch",
            kind=training.AT_LEAST_ONE,
            default=epochs,
            doc="how often all rows are gone through",
        ),
        Attribute(
            name="train.batch_size",
            kind=training.AT_LEAST_ONE,
            default=batch,
            doc="rows that are fitted at a time",
        ),
        training.seed("of the first weights and of the order of the rows"),
        training.VERBOSE,
        *training.validation(task),
    )


_OF_ADAM = ("optimizer.beta_1", "optimizer.beta_2", "optimizer.epsilon")
_OF_SGD = ("optimizer.momentum", "optimizer.nesterov")
_RULES: tuple[Rule, ...] = (
    *(only_with(name, "model.optimizer", ("Adam",), "Adam") for name in _OF_ADAM),
    *(only_with(name, "model.optimizer", ("SGD",), "Adam") for name in _OF_SGD),
)


def _neural(name: str, task: Task, own: tuple[Attribute, ...], doc: str) -> ModelSpec:
    attributes = by_name((*own, *_NETWORK, *_train(20, 32, task)))
    return ModelSpec(
        name=name, family=Family.NEURAL, task=task, attributes=attributes, rules=_RULES, doc=doc
    )


def _linear(name: str, task: Task, own: tuple[Attribute, ...], doc: str) -> ModelSpec:
    attributes = by_name((*own, *_LINEAR, *_train(20, 32, task)))
    return ModelSpec(name=name, family=Family.LINEAR, task=task, attributes=attributes, doc=doc)


MODELS = (
    _neural("DNNClassifier", Task.CLASSIFICATION, (_CLASSES,), "a neural network for classes"),
    _neural("DNNRegressor", Task.REGRESSION, (), "a neural network for numbers"),
    _linear("LinearClassifier", Task.CLASSIFICATION, (_CLASSES,), "logistic regression, by SGD"),
    _linear("LinearRegressor", Task.REGRESSION, (), "linear regression, by SGD"),
)
