"""From a COLUMN clause, or from none, to the encoders, with what they learn from the data.

Without COLUMN every column of the select but the label is a feature: numbers and booleans as they
are, texts as categories with a column of the matrix each. A plain name in COLUMN means the same
for one column. What can't be derived (dates, binary data, a text column with too many different
values) is refused with a way out rather than guessed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sqlflow.errors import DataError, NotSupportedError, Problem
from sqlflow.ml import names
from sqlflow.ml.features import Category, Encoding, Number, OneHot, Vector, floats, texts
from sqlflow.wire.rows import Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlflow.ml.features import Encoder
    from sqlflow.ml.sources import Dataset
    from sqlflow.sql.clauses import ColumnGroup, Feature

MOST_CATEGORIES = 256
"""How many categories a text column may have where the statement does not name a number."""

LARGEST_EXACT = 2**24
"""The whole numbers up to here are exact in single precision."""

NUMERIC = frozenset({Type.BOOL, Type.INT64, Type.HUGEINT, Type.DOUBLE, Type.DECIMAL})
WHOLE = frozenset({Type.INT64, Type.HUGEINT})
TEXTUAL = frozenset({Type.TEXT, Type.JSON})

_DEFAULT_TARGETS = ("", "feature_columns")


def derive(groups: Sequence[ColumnGroup], dataset: Dataset, label: str = "") -> Encoding:
    """Return the encoding of the features, learned from the training data.

    Args:
        groups: of the COLUMN clause; empty for all columns of the select.
        dataset: the training data.
        label: the column, as the select spells it, that is no feature.

    Raises:
        DataError: a column is not in the select, or can't be the feature that it should be.
    """
    inputs = [c.name for c in dataset.columns if c.name != label]
    if not inputs:
        raise DataError(f'the select has no column besides the label "{label}" to learn from')
    features = [f for group in groups for f in _features(group)]
    if features:
        encoders = [e for f in features for e in _encoders(f, dataset, inputs)]
    else:
        encoders = [_inferred(name, dataset) for name in inputs]
    encoding = Encoding(tuple(dict.fromkeys(encoders)))
    if label and label in encoding.columns:
        raise DataError(f'the label "{label}" can\'t be a feature too; take it out of COLUMN')
    for name in encoding.columns:
        _refuse_all_null(name, dataset)
    return encoding


def rounded(encoding: Encoding, dataset: Dataset) -> Iterator[str]:
    """Yield the columns whose whole numbers are too large to be told apart as features."""
    import pyarrow.compute as pc

    for encoder in encoding.encoders:
        if not isinstance(encoder, Number):
            continue
        if dataset.column(encoder.column).type not in WHOLE:
            continue
        ends = pc.min_max(dataset.values(encoder.column))
        if max(abs(ends["min"].as_py()), abs(ends["max"].as_py())) > LARGEST_EXACT:
            yield encoder.column


def _features(group: ColumnGroup) -> tuple[Feature, ...]:
    if group.target not in _DEFAULT_TARGETS:
        raise NotSupportedError(
            Problem(
                message=f"not supported yet: COLUMN … FOR {group.target}; models have one input"
            )
        )
    return group.features


def _encoders(feature: Feature, dataset: Dataset, inputs: list[str]) -> Iterator[Encoder]:
    function = feature.function.upper()
    if function == "*":
        yield from (_inferred(name, dataset) for name in inputs)
        return
    if not function:
        yield _inferred(_column(feature.args[0], dataset), dataset)
        return
    if function not in _MAKERS:
        raise NotSupportedError(Problem(message=f"not supported yet: {function} in COLUMN"))
    yield _MAKERS[function](feature, dataset)


def _inferred(name: str, dataset: Dataset) -> Encoder:
    kind = dataset.column(name).type
    if is_number(dataset, name):
        return Number(name)
    if kind in (Type.TEXT, Type.ANY):
        return OneHot(_learned(name, dataset, MOST_CATEGORIES))
    raise DataError(
        f'column "{name}" is of type {kind}, from which no feature is derived; '
        "make a number or a text of it in the select, or leave it out"
    )


def is_number(dataset: Dataset, name: str) -> bool:
    """Tell whether a column holds numbers; without a type of its own, its cells say so."""
    import pyarrow as pa

    kind = dataset.column(name).type
    return kind in NUMERIC or (
        kind is Type.ANY and bool(pa.types.is_floating(dataset.values(name).type))
    )


def _dense(feature: Feature, dataset: Dataset) -> Encoder:
    """NUMERIC(f), DENSE(f, n, delimiter) and their like; a shape of 1 is a plain number."""
    name = _column(_argument(feature, 0), dataset)
    size = _size(feature, 1, default=1)
    if size > 1:
        return Vector(name, size, _delimiter(feature))
    kind = dataset.column(name).type
    if kind not in NUMERIC | TEXTUAL | {Type.ANY}:
        raise DataError(f'column "{name}" is of type {kind}, {feature.function} needs numbers')
    for chunk in dataset.values(name).chunks:
        floats(name, chunk)  # raises where a text is no number
    return Number(name)


def _category(feature: Feature, dataset: Dataset) -> Category:
    """CATEGORY_ID(f, n): whole numbers are the categories themselves, texts are numbered."""
    name = _column(_argument(feature, 0), dataset)
    size = _size(feature, 1, default=0)
    kind = dataset.column(name).type
    if size and (kind in WHOLE or (kind is Type.ANY and is_number(dataset, name))):
        _refuse_outside(name, dataset, size)
        return Category(name, size)
    return _learned(name, dataset, size or MOST_CATEGORIES)


def _indicator(feature: Feature, dataset: Dataset) -> Encoder:
    """INDICATOR(f) or INDICATOR(CATEGORY_ID(f, n))."""
    inner = _argument(feature, 0)
    if isinstance(inner, str):
        return OneHot(_learned(_column(inner, dataset), dataset, MOST_CATEGORIES))
    function = getattr(inner, "function", "").upper()
    if function == "CATEGORY_ID":
        return OneHot(_category(inner, dataset))
    if function == "":
        return OneHot(_learned(_column(inner.args[0], dataset), dataset, MOST_CATEGORIES))
    raise NotSupportedError(Problem(message=f"not supported yet: INDICATOR of {function}"))


_MAKERS: dict[str, Callable[[Feature, Dataset], Encoder]] = {
    "NUMERIC": _dense,
    "DENSE": _dense,
    "CATEGORY_ID": _category,
    "INDICATOR": _indicator,
}


def _learned(name: str, dataset: Dataset, limit: int) -> Category:
    import pyarrow.compute as pc

    if dataset.column(name).type is Type.BYTES:
        raise DataError(f'column "{name}" is of type bytes, which makes no categories')
    found = pc.unique(texts(dataset.values(name)))
    values = tuple(sorted(v for v in found.to_pylist() if v is not None))
    if len(values) > limit:
        raise DataError(
            f'column "{name}" holds {len(values)} different values, at most {limit} can be its '
            f"categories; leave it out, or write CATEGORY_ID({name}, {len(values)}) in COLUMN"
        )
    return Category(name, len(values), values)


def _refuse_outside(name: str, dataset: Dataset, size: int) -> None:
    import pyarrow.compute as pc

    ends = pc.min_max(dataset.values(name))
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if low is not None and (low < 0 or high >= size):
        wrong = low if low < 0 else high
        raise DataError(
            f'column "{name}" holds {wrong:.16g}; CATEGORY_ID({name}, {size}) takes 0 to {size - 1}'
        )


def _refuse_all_null(name: str, dataset: Dataset) -> None:
    cells = dataset.values(name)
    if cells.null_count == len(cells) and len(cells):
        raise DataError(
            f'column "{name}" holds nothing but NULL in the training data; leave it out'
        )


def _argument(feature: Feature, index: int) -> Any:
    if index >= len(feature.args):
        raise DataError(f"{feature.function} needs the name of a column")
    return feature.args[index]


def _column(argument: Any, dataset: Dataset) -> str:
    """Return the column that an argument names: a text, or a plain name as a feature."""
    name = getattr(argument, "args", (argument,))[0]
    found = dataset.find(str(name))
    if found is None:
        hint = names.suggest(str(name), (c.name for c in dataset.columns), what="it has")
        raise DataError(f'COLUMN names "{name}", which the select does not return{hint}')
    return found


def _size(feature: Feature, index: int, *, default: int) -> int:
    if index >= len(feature.args):
        return default
    value = feature.args[index]
    sizes = value if isinstance(value, list) else [value]
    if not all(isinstance(s, int) and s > 0 for s in sizes):
        raise DataError(f"{feature.function}: a whole number above 0 was expected, found {value!r}")
    return math.prod(s for s in sizes if isinstance(s, int))


def _delimiter(feature: Feature) -> str:
    value = feature.args[2] if len(feature.args) > 2 else ","
    if value == "COMMA":
        return ","
    if not isinstance(value, str) or not value:
        raise DataError(f"{feature.function}: a delimiter was expected, found {value!r}")
    return value
