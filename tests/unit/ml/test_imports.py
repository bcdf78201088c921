"""Importing is cheap; what is not installed is named with the extra that brings it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sqlflow.attributes import Family
from sqlflow.errors import DataSourceError
from sqlflow.ml import estimators

HEAVY = {"numpy", "pyarrow", "xgboost", "sklearn", "skops", "matplotlib", "pandas"}


def test_importing_the_package_loads_no_library():
    code = "import sys, sqlflow.ml; print(*sys.modules)"

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert HEAVY & set(out.stdout.split()) == set()


def test_a_booster_predicts_without_scikit_learn_and_pandas(lab):
    lab.train("SELECT x, high FROM t", label="high", attributes={"train.num_boost_round": 1})
    code = (
        "import sys; from pathlib import Path; from sqlflow.databases import DSN, connect\n"
        "from sqlflow.ml import models\n"
        "import numpy as np\n"
        "with connect(DSN.parse(sys.argv[1])) as connection:\n"
        "    model = models.fitted(*models.load(connection, 'm', print))\n"
        "print(model.predict(np.array([[1.0], [5.0]])).tolist(), *sys.modules)\n"
    )

    out = subprocess.run(
        [sys.executable, "-c", code, str(lab.url)], capture_output=True, text=True, check=True
    )

    assert out.stdout.startswith("[0, 1] ")
    assert {"sklearn", "pandas", "skops"} & set(out.stdout.split()) == set()


@pytest.mark.parametrize(
    ("family", "library", "module"),
    [(Family.XGBOOST, "xgboost", "xgboosts"), (Family.SKLEARN, "sklearn", "sklearns")],
)
def test_a_library_that_is_missing(monkeypatch, family, library, module):
    monkeypatch.delitem(sys.modules, f"sqlflow.ml.{module}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    for name in [n for n in sys.modules if n.startswith(f"{library}.")]:
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(DataSourceError) as error:
        estimators.family(family)

    assert str(error.value).startswith(library)
    assert str(error.value).endswith('is not installed; pip install "sqlflow-argo[ml]" brings it')
