"""sqlglot, as it is used here: one statement in, one tree out, or a reason why not."""

from __future__ import annotations

import contextvars
import functools
import logging
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from sqlglot.dialects.dialect import Dialect


class NotParsedError(Exception):
    """sqlglot could not make a tree; the text says why."""


_quiet = contextvars.ContextVar("quiet", default=False)


def _passes(_: logging.LogRecord) -> bool:
    # sqlglot logs statements that it keeps as text; a statement may hold a password.
    return not _quiet.get()


logging.getLogger("sqlglot").addFilter(_passes)


@functools.cache
def _dialect(name: str) -> Dialect:
    return sqlglot.Dialect.get_or_raise(name)


def tree(text: str, dialect: str) -> exp.Expr:
    """Return the tree of one statement.

    Raises:
        NotParsedError: sqlglot does not understand it, or keeps a part of it as text.
    """
    known = _dialect(dialect)
    token = _quiet.set(True)
    try:
        trees = known.parse(text)
    except SqlglotError as error:
        # Its text quotes the statement, which may hold a password.
        raise NotParsedError("no grammar for it") from error
    except RecursionError as error:
        raise NotParsedError("nested too deeply") from error
    except Exception as error:
        raise NotParsedError("the analysis failed") from error
    finally:
        _quiet.reset(token)
    if len(trees) != 1 or trees[0] is None or isinstance(trees[0], exp.Command):
        raise NotParsedError("no grammar for it")
    return trees[0]
