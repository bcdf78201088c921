"""The operator's log. It names jobs, Workflows and pods.

It never holds a program, nor what a program said: a statement may have a secret in it. What kopf
logs goes the same way; of its lines only warnings and worse.
"""

from __future__ import annotations

import logging

from sqlflow import logs


def configure(level: str, form: str) -> None:
    """Set up logging for this process."""
    logs.configure(level, form)
    root = logging.getLogger()
    root.handlers[:] = [logs.library_handler(form)]
    root.setLevel(logging.WARNING)
    kopf = logging.getLogger("kopf")
    kopf.handlers.clear()
    kopf.propagate = True
    kopf.setLevel(logging.WARNING)
