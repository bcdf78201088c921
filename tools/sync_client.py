"""Writes the blocking client from the one for asyncio, so that there is one to maintain.

The two differ in words only: ``await`` is dropped, and the names in :data:`WORDS` change.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "sqlflow/client/aio.py"
TARGET = "sqlflow/client/client.py"

DOCSTRING = '''"""The client: submit a program, read its transcript while it runs, from anywhere.

::

    from sqlflow.client import Client

    with Client("localhost:50051") as client:
        job = client.run("SELECT 1 AS one;")
        for event in job.events():
            print(event)
        print(job.result().table.rows)

Generated from sqlflow/client/aio.py by `make codegen`; nothing by hand.
"""
'''

WORDS = (
    (r"\A\"\"\".*?\"\"\"\n", DOCSTRING),
    (r"import grpc\.aio\n", ""),
    (r"grpc\.aio\.", "grpc."),
    (r"asyncio\.sleep", "time.sleep"),
    (r"import asyncio\n", "import time\n"),
    (r"\b(async|await) ", ""),
    (r"Async(?=Client|Job|Iterator)", ""),
    (r"__a(?=enter__|exit__)", "__"),
    (r"from one event loop", "from any thread"),
    (r"for event in (\S+):\n +yield event\n", r"yield from \1\n"),
)


def generate(out: Path) -> None:
    """Write the blocking client below ``out``."""
    text = (ROOT / SOURCE).read_text(encoding="utf-8")
    for pattern, new in WORDS:
        text = re.sub(pattern, new, text, flags=re.DOTALL)
    target = out / TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_formatted(text), encoding="utf-8")


def _formatted(text: str) -> str:
    for step in (["check", "--fix", "--quiet", "--select=I"], ["format"]):
        command = ["ruff", *step, f"--stdin-filename={ROOT / TARGET}", "-"]
        text = subprocess.run(  # constant words
            command, input=text, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
    return text
