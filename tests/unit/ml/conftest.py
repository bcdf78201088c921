"""A DuckDB of its own for each test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.unit.ml.laboratory import Lab

if TYPE_CHECKING:
    from pathlib import Path

# Tables of 60 rows gain nothing from threads, and tests that run side by side lose by them. Read
# when the first test imports numpy.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Return a data source with the example's table."""
    lab = Lab(f"duckdb:///{tmp_path}/lab.duckdb")
    lab.example()
    return lab
