"""The log of a process that serves: one JSON object a line on standard error, or lines for people.

Server and operator set it up when they start. Nobody else imports this module: structlog comes with
their extras alone. A traceback has no values of variables, of which one may be a program or a
secret.
"""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_CONTEXT: Final[tuple[structlog.typing.Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(level: str, form: str) -> None:
    """Set up the log of this process.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        form: ``json``, or ``console`` for lines.
    """
    structlog.configure(
        processors=[*_CONTEXT, *_written(form)],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def library_handler(form: str) -> logging.Handler:
    """Return a handler that writes what libraries log in the same form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_CONTEXT,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_written(form),
            ],
        )
    )
    return handler


def _written(form: str) -> list[structlog.typing.Processor]:
    """Return what makes a line, or lines, of a record."""
    if form == "json":
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(tracebacks),
            structlog.processors.JSONRenderer(),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
