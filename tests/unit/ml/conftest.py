"""A DuckDB of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.ml.laboratory import Lab

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Return a data source with the example's table."""
    lab = Lab(f"duckdb:///{tmp_path}/lab.duckdb")
    lab.example()
    return lab
