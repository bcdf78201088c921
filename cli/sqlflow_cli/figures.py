"""Where a job's pictures go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sqlflow.client.events import Figure

_SUFFIXES = {"image/png": ".png", "image/svg+xml": ".svg", "image/jpeg": ".jpg"}


class FigureFolder:
    """Saves pictures in a folder, or tells how to.

    Args:
        directory: made when the first picture comes; None: pictures are not kept.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._count: Counter[int] = Counter()

    def save(self, figure: Figure) -> str:
        """Save a picture; return a sentence that says where, or how to."""
        if self._directory is None:
            return "there is a picture; sqlflow attach JOB --figures DIR saves it"
        self._count[figure.step] += 1
        number = self._count[figure.step]
        suffix = _SUFFIXES.get(figure.mime, ".bin")
        path = self._directory / f"statement-{figure.step}-{number}{suffix}"
        self._directory.mkdir(parents=True, exist_ok=True)
        path.write_bytes(figure.data)
        return f"picture saved as {path}"
