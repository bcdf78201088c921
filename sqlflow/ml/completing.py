"""What stands in for NULL in models that need a number everywhere: the training data's mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.impute import SimpleImputer

if TYPE_CHECKING:
    from collections.abc import Callable


def imputer(model: str, matrix: Any, warn: Callable[[str], None]) -> SimpleImputer:
    """Return the completion, not yet fitted; say so if it will change anything."""
    missing = int(np.isnan(matrix).any(axis=1).sum())
    if missing:
        warn(
            f"NULL in {missing} of {len(matrix)} rows; {model} needs a number, so the "
            "mean of the other rows stands in for it"
        )
    # A column that is constant, or NULL at prediction time, keeps its place in the matrix.
    return SimpleImputer(keep_empty_features=True)
