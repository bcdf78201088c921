"""The wheel, built from this checkout, installed outside of it, and used there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without what would lead it back to the checkout."""
    kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(BIN / "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def install(wheel: Path, extra: str, folder: Path) -> Path:
    """Make an environment with the wheel and what the lock says of its dependencies."""
    uv, venv = BIN / "uv", folder / "venv"
    run(uv, "venv", "--quiet", "--python", sys.executable, venv, cwd=folder)
    run(
        uv, "pip", "install", "--quiet", "--python", venv / "bin/python",
        "--constraint", ROOT / "requirements.lock", f"{wheel}{extra}", cwd=folder,
    )  # fmt: skip
    return venv / "bin"


def test_the_plain_wheel_plans_a_program(wheel: Path, tmp_path: Path):
    installed = install(wheel, "", tmp_path)
    (tmp_path / "program.sql").write_text("CREATE TABLE t AS SELECT 1 AS a;\nSELECT a FROM t;\n")

    plan = run(installed / "sqlflow", "plan", "program.sql", cwd=tmp_path)

    assert "s01-create" in plan.stdout
    assert "s02-select" in plan.stdout


@pytest.mark.timeout(600)
def test_the_local_extra_runs_a_program_and_installs_nothing_of_kubernetes(
    wheel: Path, tmp_path: Path
):
    installed = install(wheel, "[local]", tmp_path)
    state = str(tmp_path / "state")

    done = run(
        installed / "sqlflow", "run", "--output", "csv", "-e", "SELECT 40 + 2 AS answer",
        cwd=tmp_path, SQLFLOW_STATE_DIRECTORY=state,
    )  # fmt: skip
    listed = run(BIN / "uv", "pip", "list", "--python", installed / "python", cwd=tmp_path)

    assert done.stdout == "answer\n42\n"
    names = {line.split()[0] for line in listed.stdout.splitlines() if line.strip()}
    assert names & {"kubernetes", "kopf", "hera", "jinja2"} == set()
