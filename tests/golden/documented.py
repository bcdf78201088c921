"""The templates that docs/operator.md shows to administrators, as they stand in values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import yaml

_DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "operator.md"
_SECTION: Final = "\n## Changing the Workflow\n"
_EXAMPLE: Final = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def templates() -> dict[str, str]:
    """Return the texts of the example, by file."""
    section = _DOCUMENT.read_text("utf-8").partition(_SECTION)[2]
    example = _EXAMPLE.search(section)
    assert example, "the document has no example"
    found: dict[str, str] = yaml.safe_load(example[1])["templates"]
    return found
