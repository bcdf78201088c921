"""The progress of a training: a line a round or epoch, fewer in a long one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlflow.ml.contexts import Reporter

QUIET, THINNED, EACH = 0, 1, 2
"""The values of ``train.verbose``."""

_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Reports the rounds of one training.

    Attributes:
        report: where to.
        unit: what a round is called.
        total: how many there will be at most.
        verbose: one of the values above; thinned, there are about a hundred lines.
    """

    report: Reporter
    unit: str
    total: int
    verbose: int = THINNED

    def over(self, done: int, metrics: Mapping[str, float]) -> None:
        """Report that ``done`` rounds are over. Lines count from 0, as they always did."""
        if not self._shown(done):
            return
        values = ", ".join(f"{name} = {value:.6g}" for name, value in metrics.items())
        self.report.progress(
            f"epoch {done - 1}, {values}",
            unit=self.unit,
            done=done,
            total=self.total,
            metrics=metrics,
        )

    def _shown(self, done: int) -> bool:
        if self.verbose != THINNED or self.total <= _LINES:
            return self.verbose != QUIET
        return done in (1, self.total) or done % -(-self.total // _LINES) == 0
