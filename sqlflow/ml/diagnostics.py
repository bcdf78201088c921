"""What libraries warn of, handed to the user once each."""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NATIVE = re.compile(r"^\[[0-9:]+\] WARNING: \S+:\d+:\s*")
"""What XGBoost puts before its text: the time and a place in its source."""


@contextmanager
def captured(warn: Callable[[str], None]) -> Iterator[None]:
    """Hand over the warnings of what runs inside, each text once, when it is over."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            texts = (_NATIVE.sub("", str(w.message)) for w in caught)
            for text in dict.fromkeys(" ".join(t.split()) for t in texts):
                warn(text)
