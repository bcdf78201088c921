"""Makes ``examples/data/*.csv`` of the data sets that scikit-learn brings along.

Each gets a column ``id``, from 1, by which a program can part rows for training and for testing.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from sklearn import datasets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def generate(out: Path) -> None:
    """Write the files below ``out``."""
    folder = out / "examples" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    iris = datasets.load_iris()
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    _write(folder / "iris.csv", names, iris.data, "species", iris.target_names[iris.target])
    diabetes = datasets.load_diabetes(scaled=False)
    names = diabetes.feature_names
    _write(folder / "diabetes.csv", names, diabetes.data, "progression", diabetes.target)
    cancer = datasets.load_breast_cancer()
    names = [name.replace(" ", "_") for name in cancer.feature_names]
    diagnoses = cancer.target_names[cancer.target]
    _write(folder / "breast_cancer.csv", names, cancer.data, "diagnosis", diagnoses)


def _write(
    path: Path, names: Sequence[str], rows: Iterable[Any], label: str, labels: Iterable[Any]
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", *names, label])
        for number, (row, value) in enumerate(zip(rows, labels, strict=True), start=1):
            writer.writerow([number, *map(_cell, row), _cell(value)])


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else f"{float(value):.10g}"
