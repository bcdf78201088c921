"""The client of 2020, as it is on PyPI, in an environment of its own that later runs use again."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = (
    "sqlflow==0.15.0",
    "protobuf==3.20.3",  # it asks for 3.7.1, which Python 3.11 can't import
    "ipython==7.34.0",  # it asks for 7.9, which Python 3.11 can't import either
    "setuptools<81",  # of IPython 7
)
"""The last three override what the client asks for."""


def environment() -> Path:
    """Return the folder of its commands; make it if there is none yet."""
    content = "\n".join((*REQUIREMENTS, sys.version))
    name = f"sqlflow-2020-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sqlflow-tests"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / name / "complete"
        if not done.exists():
            _make(folder / name)
            done.touch()
    return folder / name / "bin"


def _make(venv: Path) -> None:
    uv, overrides = Path(sys.executable).parent / "uv", venv / "overrides.txt"
    _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv)
    overrides.write_text("\n".join(REQUIREMENTS[1:]))
    python = venv / "bin/python"
    install = ("pip", "install", "--quiet", "--python", python, "--override", overrides)
    _run(uv, *install, *REQUIREMENTS)


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
