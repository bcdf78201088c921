"""What the command costs before it does anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"grpc", "google", "sqlglot", "duckdb", "pandas", "pyarrow", "numpy", "sqlflow_server"}


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], HEAVY | {"pydantic", "rich"}),
        (["--version"], HEAVY | {"pydantic", "rich"}),
        (["run", "--help"], HEAVY),  # typer checks the options of a command by pydantic
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str], heavy: set[str]) -> None:
    program = (
        "import sys, contextlib, io\n"
        f"sys.argv = ['sqlflow', *{arguments!r}]\n"
        "from sqlflow_cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main()\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "sqlflow_cli" in loaded
    assert loaded & heavy == set()
