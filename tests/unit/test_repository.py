"""Rules of the repository that no linter knows."""

from __future__ import annotations

import operator
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sqlflow

ROOT = Path(__file__).resolve().parents[2]
IMAGE_LOCKS = ("deploy/images/control.lock", "deploy/images/step.lock")
LOCKS = ("requirements.lock", *IMAGE_LOCKS)


def tracked_files() -> list[str]:
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return out.stdout.splitlines()


def locked(lock: str) -> set[str]:
    """Return what a lock names, such as ``numpy==2.0.0``."""
    text = (ROOT / lock).read_text("utf-8")
    return set(re.findall(r"^[a-z][\w.\[\],-]*==[^ \\]+", text, re.MULTILINE))


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in out.stdout.split()}


def test_operator_is_the_standard_library_from_the_root():
    code = "import operator; print(operator.__file__)"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert Path(out.stdout.strip()) == Path(operator.__file__)
    assert not (ROOT / "operator/__init__.py").exists()


def test_importing_sqlflow_imports_nothing_heavy():
    heavy = {"grpc", "google", "sqlglot", "duckdb", "numpy", "pandas", "pyarrow", "xgboost"}

    assert modules_after("import sqlflow") & heavy == set()


def test_every_public_name_of_sqlflow_exists_and_the_list_is_sorted():
    assert all(hasattr(sqlflow, name) for name in sqlflow.__all__)
    assert sqlflow.__all__ == sorted(sqlflow.__all__)


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert sqlflow.__version__ == project["version"]


def test_each_dependency_says_why_it_is_there():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    requirement = re.compile(r'^  "[a-z][\w.\[\],-]*[><=]=?[^"]*",(.*)$', re.MULTILINE)
    silent = [m[0].strip() for m in requirement.finditer(text) if "#" not in m[1]]

    assert [line for line in silent if not line.startswith(('"pytest>', '"pre-commit'))] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str):
    text = (ROOT / lock).read_text("utf-8")

    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", text) == []


@pytest.mark.parametrize("lock", IMAGE_LOCKS)
def test_an_image_holds_the_versions_that_are_tested(lock: str):
    assert locked(lock) - locked("requirements.lock") == set()


def test_machine_learning_is_in_the_image_of_a_step_alone():
    libraries = {"numpy", "pyarrow", "scikit-learn", "xgboost-cpu"}
    has = {name: {it.partition("==")[0] for it in locked(name)} & libraries for name in IMAGE_LOCKS}

    assert has == {"deploy/images/control.lock": set(), "deploy/images/step.lock": libraries}


def test_no_file_names_a_path_of_one_machine():
    pattern = re.compile(r"(?<![\w.$}])/(?:root|home/\w+|work|Users/\w+)/")
    found = [
        f"{name}: {match[0]}"
        for name in tracked_files()
        if (path := ROOT / name).is_file() and path.suffix not in {".csv", ".png"}
        for match in pattern.finditer(path.read_text("utf-8", "replace"))
    ]

    assert found == []
