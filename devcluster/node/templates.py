"""Fills in the files of ``config/``: each is what a component reads, with ``$name`` for a value.

A value is written as JSON, which is also YAML and (for text, numbers and lists) TOML. So no path or
name needs quotes around it in a template, whatever characters it has.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import Final

FOLDER: Final = Path(__file__).parent / "config"


def fill(name: str, **values: object) -> bytes:
    """Return a file of ``config/`` with all its values in place."""
    template = Template((FOLDER / name).read_text("utf-8"))
    return template.substitute(
        {key: json.dumps(value, default=str) for key, value in values.items()}
    ).encode()
