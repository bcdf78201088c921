"""``xgboost.gbtree``, ``xgboost.dart`` and ``xgboost.gblinear``: XGBoost's own parameter names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.attributes import objectives, training
from sqlflow.attributes.kinds import (
    Boolean,
    Choice,
    ListOf,
    Real,
    Whole,
)
from sqlflow.attributes.ranges import Range
from sqlflow.attributes.rules import only_if_given, only_with
from sqlflow.attributes.specs import (
    Attribute,
    Family,
    Fault,
    ModelSpec,
    Rule,
    Task,
    by_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.attributes.kinds import Kind
    from sqlflow.sql.clauses import Value

DEFAULT_OBJECTIVE = "reg:squarederror"

_NOT_NEGATIVE = Real(Range(low=0))
_SHARE = Real(Range(low=0, high=1, low_open=True))
_PROBABILITY = Real(Range(low=0, high=1))
_TREES = ("hist", "approx", "exact", "auto")


def _a(name: str, kind: Kind, default: Value, doc: str) -> Attribute:
    return Attribute(name=name, kind=kind, default=default, doc=doc)


LEARNING = (
    _a(
        "objective",
        Choice(tuple(objectives.OBJECTIVES)),
        None,
        "what is learned; when not given, it follows from the label: binary:logistic, "
        "multi:softprob or reg:squarederror",
    ),
    _a(
        "num_class",
        Whole(Range(low=2)),
        None,
        "the number of classes of a multi: objective; counted in the labels when not given",
    ),
    _a(
        "eval_metric", ListOf(Choice(objectives.EVAL_METRICS), split=True), None, "shown each round"
    ),
    _a("base_score", Real(), None, "the prediction before the first round"),
    _a("scale_pos_weight", Real(Range(low=0, low_open=True)), 1.0, "weight of the positive class"),
    _a(
        "tweedie_variance_power",
        Real(Range(low=1, high=2, low_open=True, high_open=True)),
        1.5,
        "of reg:tweedie: near 2 like a gamma, near 1 like a Poisson distribution",
    ),
    _a(
        "quantile_alpha",
        Real(Range(low=0, high=1, low_open=True, high_open=True)),
        None,
        "of reg:quantileerror: the quantile",
    ),
    _a("huber_slope", Real(Range(low=0, low_open=True)), 1.0, "of reg:pseudohubererror"),
)

TREE = (
    _a("eta", _SHARE, 0.3, "step size: how much of each new tree is added"),
    _a("gamma", _NOT_NEGATIVE, 0.0, "the loss that a split must save"),
    _a("max_depth", Whole(Range(low=0)), 6, "deepest level of a tree; 0: no limit"),
    _a("max_leaves", Whole(Range(low=0)), 0, "most leaves of a tree; 0: no limit"),
    _a("min_child_weight", _NOT_NEGATIVE, 1.0, "least weight of the rows in a leaf"),
    _a("max_delta_step", _NOT_NEGATIVE, 0.0, "largest step of a leaf's value; 0: no limit"),
    _a("subsample", _SHARE, 1.0, "share of the rows that a tree sees"),
    _a("colsample_bytree", _SHARE, 1.0, "share of the columns that a tree sees"),
    _a("colsample_bylevel", _SHARE, 1.0, "share of those that a level sees"),
    _a("colsample_bynode", _SHARE, 1.0, "share of those that a split sees"),
    _a("lambda", _NOT_NEGATIVE, 1.0, "L2 regularisation"),
    _a("alpha", _NOT_NEGATIVE, 0.0, "L1 regularisation"),
    _a("tree_method", Choice(_TREES), "auto", "how splits are found"),
    _a("grow_policy", Choice(("depthwise", "lossguide")), "depthwise", "which leaf is split next"),
    _a("max_bin", Whole(Range(low=2)), 256, "bins of a feature, for tree_method hist or approx"),
    _a("num_parallel_tree", training.AT_LEAST_ONE, 1, "trees a round: above 1, a forest"),
    _a(
        "monotone_constraints",
        ListOf(Whole(Range(low=-1, high=1))),
        None,
        "a feature each: 1 rising, -1 falling, 0 free",
    ),
    _a(
        "interaction_constraints",
        ListOf(ListOf(Whole(Range(low=0)))),
        None,
        "groups of features, by number from 0, that may be in one branch",
    ),
)

DART = (
    _a("sample_type", Choice(("uniform", "weighted")), "uniform", "how dropped trees are chosen"),
    _a("normalize_type", Choice(("tree", "forest")), "tree", "how new trees are weighed"),
    _a("rate_drop", _PROBABILITY, 0.0, "share of the trees that are dropped"),
    _a("one_drop", Boolean(), False, "whether at least one tree is always dropped"),
    _a("skip_drop", _PROBABILITY, 0.0, "how often a round drops none"),
)

LINEAR = (
    _a("eta", _SHARE, 0.5, "step size"),
    _a("lambda", _NOT_NEGATIVE, 0.0, "L2 regularisation"),
    _a("alpha", _NOT_NEGATIVE, 0.0, "L1 regularisation"),
    _a(
        "updater",
        Choice(("shotgun", "coord_descent")),
        "shotgun",
        "how weights are fitted; those of shotgun differ a little from run to run",
    ),
    _a(
        "feature_selector",
        Choice(("cyclic", "shuffle", "random", "greedy", "thrifty")),
        "cyclic",
        "the order in which features are fitted",
    ),
    _a("top_k", Whole(Range(low=0)), 0, "features a round, for greedy and thrifty; 0: all"),
)

TRAIN = (
    _a("train.num_boost_round", training.AT_LEAST_ONE, 10, "the number of rounds"),
    _a(
        "train.early_stopping_rounds",
        training.AT_LEAST_ONE,
        None,
        "stop when the validation set has not improved for so many rounds",
    ),
    training.seed("of all that is drawn at random"),
    training.VERBOSE,
    *training.validation(Task.OBJECTIVE),
)


def task_of(attributes: Mapping[str, Value]) -> Task:
    """Return the task that the objective, which is given, makes of the model."""
    return objectives.OBJECTIVES[str(attributes["objective"])].task


def _exact_needs_depth(given: Mapping[str, Value]) -> Fault | None:
    if given.get("tree_method") != "exact" or given.get("max_depth") != 0:
        return None
    return Fault("max_depth", "tree_method exact needs a max_depth of at least 1")


def _selector_needs_coordinates(given: Mapping[str, Value]) -> Fault | None:
    selector = given.get("feature_selector", "cyclic")
    if selector in ("cyclic", "shuffle") or given.get("updater") == "coord_descent":
        return None
    return Fault(
        "feature_selector",
        f"feature_selector {selector} needs updater = coord_descent, found shotgun",
    )


_RULES: tuple[Rule, ...] = (
    *objectives.RULES,
    only_if_given("train.early_stopping_rounds", "validation.select"),
)
_TREE_RULES: tuple[Rule, ...] = (_exact_needs_depth,)
_LINEAR_RULES: tuple[Rule, ...] = (
    _selector_needs_coordinates,
    only_with("top_k", "feature_selector", ("greedy", "thrifty"), "cyclic"),
)


def _spec(name: str, doc: str, own: tuple[Attribute, ...], rules: tuple[Rule, ...]) -> ModelSpec:
    return ModelSpec(
        name=name,
        family=Family.XGBOOST,
        task=Task.OBJECTIVE,
        attributes=by_name((*LEARNING, *own, *TRAIN)),
        rules=_RULES + rules,
        doc=doc,
    )


MODELS = (
    _spec("xgboost.gbtree", "gradient-boosted trees", TREE, _TREE_RULES),
    _spec("xgboost.dart", "boosted trees with dropout", TREE + DART, _TREE_RULES),
    _spec("xgboost.gblinear", "a boosted linear model", LINEAR, _LINEAR_RULES),
)
