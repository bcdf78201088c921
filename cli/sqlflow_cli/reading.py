"""The program that a command is given: a file, standard input, or text on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import typer


def program(file: str | None, text: str | None) -> bytes:
    """Return the program.

    Raises:
        BadParameter: none is given, or two are.
    """
    if (file is None) == (text is None):
        raise typer.BadParameter("give a FILE, '-' for standard input, or -e SQL (one of them)")
    if text is not None:
        return text.encode("utf-8", "surrogateescape")
    if file == "-":
        return sys.stdin.buffer.read()
    assert file is not None
    return Path(file).read_bytes()
