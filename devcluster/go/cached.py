"""Entries of the cache: folders that are complete or not there.

An entry is made in a temporary folder beside it and gets its name by one rename at the end. What a
killed build left behind is never looked at, and goes when the next one begins.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEW: Final = ".new-"


@contextlib.contextmanager
def making(entry: Path) -> Iterator[Path]:
    """Give a folder to fill, which becomes the entry unless an error ends the block.

    Its parent is there for the time of the block only: the place for what is not to be kept. Who
    makes entries in the same folder holds a lock meanwhile.
    """
    entry.parent.mkdir(parents=True, exist_ok=True)
    for left in entry.parent.glob(f"{_NEW}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_NEW, dir=entry.parent) as folder:
        new = Path(folder, "entry")
        new.mkdir()
        yield new
        new.rename(entry)
