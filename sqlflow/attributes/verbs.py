"""The attributes of PREDICT, EVALUATE and EXPLAIN.

The model is known to the database alone, so a metric that does not fit it is refused by the step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.attributes import metrics
from sqlflow.attributes.kinds import Choice, Whole
from sqlflow.attributes.ranges import Range
from sqlflow.attributes.specs import Attribute, Task, by_name

if TYPE_CHECKING:
    from collections.abc import Mapping

PREDICT: Mapping[str, Attribute] = {}

EVALUATE = by_name(
    (
        Attribute(
            name="validation.metrics",
            kind=metrics.kind_for(Task.OBJECTIVE),
            doc="what is measured; all that fit the model when not given",
        ),
    )
)

EXPLAIN = by_name(
    (
        Attribute(
            name="summary.plot_type",
            kind=Choice(("bar", "dot")),
            default="bar",
            doc="bar: one bar a feature; dot: one dot a row and feature",
        ),
        Attribute(
            name="summary.max_display",
            kind=Whole(Range(low=1)),
            default=20,
            doc="the number of features shown, the most important first",
        ),
    )
)

VERBS = {"PREDICT": PREDICT, "EVALUATE": EVALUATE, "EXPLAIN": EXPLAIN}
