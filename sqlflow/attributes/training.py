"""The attributes that TRAIN itself gives to every model, or to every model of a family."""

from __future__ import annotations

from sqlflow.attributes import metrics
from sqlflow.attributes.kinds import Text, Whole
from sqlflow.attributes.ranges import Range
from sqlflow.attributes.specs import Attribute, Task

AT_LEAST_ONE = Whole(Range(low=1))
SEED = Whole(Range(low=0, high=2**32 - 1))

VERBOSE = Attribute(
    name="train.verbose",
    kind=Whole(Range(low=0, high=2)),
    default=1,
    doc="0: no progress lines, 1: a line a round or epoch, thinned out in long trainings, 2: each",
)


def seed(doc: str) -> Attribute:
    """Return ``train.seed``."""
    return Attribute(name="train.seed", kind=SEED, default=0, doc=doc)


def validation(task: Task) -> tuple[Attribute, ...]:
    """Return the attributes about the validation set."""
    return (
        Attribute(
            name="validation.select",
            kind=Text("the text of a query"),
            doc="a query whose rows measure the model while and after it trains",
        ),
        Attribute(
            name="validation.metrics",
            kind=metrics.kind_for(task),
            doc="what is measured after the training, on the validation set if there is one",
        ),
    )
