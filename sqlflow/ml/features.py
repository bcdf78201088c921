"""Features: how the cells of a select become the numbers that a model sees.

An :class:`Encoding` is a row of encoders, each of which turns one column into one or more columns
of a matrix. What it learned from the training data, such as the categories of a text column, is
part of it, so a saved model encodes later rows as it encoded those it learned from.

======================  ===================================================  =====================
encoder                 gives                                                NULL and unknown
======================  ===================================================  =====================
:class:`Number`         the number; true is 1                                NaN
:class:`Vector`         the n numbers of a text such as ``1,2,3``            NaN, n times
:class:`Category`       the number of the category, from 0                   NaN
:class:`OneHot`         a 1 in the place of the category, 0 elsewhere        0 everywhere
======================  ===================================================  =====================

NaN means "not known". Boosted trees handle it; other models put the training data's mean there.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from sqlflow.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST = 3.4e38
"""What single precision can hold; matrices are made of it, to be half as large."""


class Encoder(Protocol):
    """Turns the cells of one column into columns of the matrix."""

    @property
    def column(self) -> str:
        """The column of the select."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the matrix's columns, for people."""

    def fill(self, cells: Any, out: Any) -> None:
        """Write the numbers of a ``pyarrow.Array`` into a slice of the matrix."""

    def to_json(self) -> dict[str, Any]:
        """Return the form that :func:`encoder_from_json` reads."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands."""

    kind: ClassVar[str] = "number"
    column: str

    @property
    def names(self) -> tuple[str, ...]:
        """One column, of the same name."""
        return (self.column,)

    def fill(self, cells: Any, out: Any) -> None:
        """Write the numbers."""
        out[:, 0] = floats(self.column, cells)

    def to_json(self) -> dict[str, Any]:
        """Return the saved form."""
        return {"kind": self.kind, "column": self.column}


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers that stand in one text, parted by a delimiter."""

    kind: ClassVar[str] = "vector"
    column: str
    size: int
    delimiter: str = ","

    @property
    def names(self) -> tuple[str, ...]:
        """As many columns as the vector is long."""
        return tuple(f"{self.column}[{i}]" for i in range(self.size))

    def fill(self, cells: Any, out: Any) -> None:
        """Write the numbers of each text."""
        for row, text in enumerate(texts(cells).to_pylist()):
            out[row] = float("nan") if text is None else self._parse(text)

    def _parse(self, text: str) -> list[float]:
        parts = text.split(self.delimiter)
        if len(parts) != self.size:
            raise DataError(
                f'column "{self.column}": {_short(text)} has {len(parts)} parts between '
                f"{self.delimiter!r}, {self.size} were expected"
            )
        try:
            return [float(part) for part in parts]
        except ValueError:
            raise DataError(
                f'column "{self.column}": {_short(text)} holds something that is not a number'
            ) from None

    def to_json(self) -> dict[str, Any]:
        """Return the saved form."""
        return {"kind": self.kind, **dataclasses.asdict(self)}


@dataclass(frozen=True, slots=True)
class Category:
    """The number of a category.

    Attributes:
        column: of the select.
        size: how many categories there can be.
        values: the categories as text, in order; None where the cells are the numbers themselves.
    """

    kind: ClassVar[str] = "category"
    column: str
    size: int
    values: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """One column, of the same name."""
        return (self.column,)

    def fill(self, cells: Any, out: Any) -> None:
        """Write the numbers of the categories."""
        out[:, 0] = self.codes(cells)

    def codes(self, cells: Any) -> Any:
        """Return the numbers as floats, NaN for NULL and for what is not a known category."""
        import numpy as np

        if self.values is not None:
            import pyarrow as pa
            import pyarrow.compute as pc

            known = pa.array(self.values, pa.string())
            found = pc.index_in(texts(cells), value_set=known, skip_nulls=True)
            return floats(self.column, found)
        numbers = floats(self.column, cells)
        known = (numbers >= 0) & (numbers < self.size) & (numbers == np.floor(numbers))
        return np.where(known, numbers, np.nan)

    def to_json(self) -> dict[str, Any]:
        """Return the saved form."""
        return {"kind": self.kind, **dataclasses.asdict(self)}


@dataclass(frozen=True, slots=True)
class OneHot:
    """A column of the matrix for each category."""

    kind: ClassVar[str] = "one-hot"
    category: Category

    @property
    def column(self) -> str:
        """The column of the select."""
        return self.category.column

    @property
    def names(self) -> tuple[str, ...]:
        """A column for each category."""
        values = self.category.values or range(self.category.size)
        return tuple(f"{self.column}={value}" for value in values)

    def fill(self, cells: Any, out: Any) -> None:
        """Write a 1 for the category of each row."""
        import numpy as np

        codes = self.category.codes(cells)
        rows = np.flatnonzero(~np.isnan(codes))
        out[:] = 0
        out[rows, codes[rows].astype(np.intp)] = 1

    def to_json(self) -> dict[str, Any]:
        """Return the saved form."""
        return {"kind": self.kind, "category": self.category.to_json()}


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoders of a model, in the order of the matrix."""

    encoders: tuple[Encoder, ...]

    @property
    def width(self) -> int:
        """The number of columns of the matrix."""
        return sum(len(e.names) for e in self.encoders)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the select that are read, each once."""
        return tuple(dict.fromkeys(e.column for e in self.encoders))

    def matrix(self, batches: Iterable[Any], rows: int) -> Any:
        """Return the matrix of so many rows, in single precision, filled batch by batch."""
        import numpy as np

        out = np.empty((rows, self.width), dtype=np.float32)
        start = 0
        for batch in batches:
            self._fill(batch, out[start : start + batch.num_rows])
            start += batch.num_rows
        return out

    def _fill(self, batch: Any, out: Any) -> None:
        left = 0
        for encoder in self.encoders:
            right = left + len(encoder.names)
            encoder.fill(batch.column(encoder.column), out[:, left:right])
            left = right

    def to_json(self) -> list[dict[str, Any]]:
        """Return the saved form."""
        return [encoder.to_json() for encoder in self.encoders]

    @classmethod
    def from_json(cls, value: Iterable[Mapping[str, Any]]) -> Encoding:
        """Read what :meth:`to_json` wrote."""
        return cls(tuple(map(encoder_from_json, value)))


def encoder_from_json(value: Mapping[str, Any]) -> Encoder:
    """Read one saved encoder."""
    fields = {key: item for key, item in value.items() if key != "kind"}
    match value["kind"]:
        case Number.kind:
            return Number(**fields)
        case Vector.kind:
            return Vector(**fields)
        case Category.kind:
            return _category(fields)
        case OneHot.kind:
            category = {k: v for k, v in fields["category"].items() if k != "kind"}
            return OneHot(_category(category))
    raise ValueError(f"not a feature: {value!r}")


def _category(fields: Mapping[str, Any]) -> Category:
    values = fields["values"]
    return Category(fields["column"], fields["size"], None if values is None else tuple(values))


def floats(column: str, cells: Any) -> Any:
    """Return cells as a numpy array of doubles, NaN for NULL.

    Raises:
        DataError: a cell is no number, or is infinite.
    """
    import numpy as np
    import pyarrow as pa

    kind = cells.type
    if pa.types.is_null(kind):
        return np.full(len(cells), np.nan)
    if pa.types.is_dictionary(kind) or _is_text(kind):
        cells = _parsed(column, texts(cells))
    elif pa.types.is_boolean(kind):
        cells = cells.cast(pa.uint8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise DataError(f'column "{column}" holds values of type {kind}, a number was expected')
    numbers = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    if (np.abs(numbers) > LARGEST).any():
        raise DataError(
            f'column "{column}" holds a number that is infinite, or beyond ±{LARGEST:.1e}; '
            "a model can't use it"
        )
    return numbers


def texts(cells: Any) -> Any:
    """Return cells as an Arrow array of texts; an array of texts as it is."""
    import pyarrow as pa

    return cells if cells.type == pa.string() else cells.cast(pa.string())


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _parsed(column: str, cells: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.utf8_trim_whitespace(cells).cast(pa.float64())
    except pa.ArrowInvalid:
        wrong = next(c for c in cells.to_pylist() if c is not None and not _is_number(c))
        raise DataError(
            f'column "{column}" holds the text {_short(wrong)}, a number was expected'
        ) from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _short(text: str, limit: int = 40) -> str:
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")
