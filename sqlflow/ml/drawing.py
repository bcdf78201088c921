"""The picture of an explanation, as PNG, without a display."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from sqlflow.ml.explanations import Dots, Explanation

_BAR = "#1f77b4"
_DPI = 120


def draw(found: Explanation, *, title: str, plot: str, most: int) -> bytes:
    """Return the picture.

    Args:
        found: what is shown.
        title: above the picture.
        plot: ``bar``, or ``dot`` where single rows have shares.
        most: how many features are shown at most.
    """
    names = list(found.importance)[:most]
    figure = Figure(figsize=(8, 1.2 + 0.35 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if plot == "dot" and found.dots is not None:
        _dots(figure, axes, found.dots, len(names))
        axes.set_xlabel("SHAP value")
    else:
        axes.barh(range(len(names)), list(found.importance.values())[:most], color=_BAR)
        axes.set_xlabel(found.measure)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_title(title)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI)
    return file.getvalue()


def _dots(figure: Figure, axes: Any, dots: Dots, count: int) -> None:
    """Draw a dot a row and feature, moved apart a little, coloured by the feature's value."""
    draw = np.random.default_rng(0)
    for place in range(count):
        values = dots.values[:, place]
        spread = draw.uniform(-0.3, 0.3, len(values))
        shade = _shade(values)
        axes.scatter(
            dots.shares[:, place], place + spread, c=shade, cmap="coolwarm", s=8, vmin=0, vmax=1
        )
    bar = figure.colorbar(axes.collections[0], ax=axes, ticks=[0, 1])
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("value of the feature")
    axes.axvline(0, color="grey", linewidth=0.8)


def _shade(values: Any) -> Any:
    """Return the values between 0 and 1, those not known in the middle."""
    known = values[np.isfinite(values)]
    if not len(known) or known.min() == known.max():
        return np.full(len(values), 0.5)
    scaled = (values - known.min()) / (known.max() - known.min())
    return np.nan_to_num(scaled, nan=0.5)
