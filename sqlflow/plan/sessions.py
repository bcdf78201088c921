"""Statements that are about the session, when every statement has a session of its own.

What sets a session up (USE, SET of constants, ATTACH, LOAD, PRAGMA, …) is replayed by each later
statement. What would have to live on in one session (transactions, temporary tables, prepared
statements, locks, cursors, values taken from a query) can't work, and is refused with a way out.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.sql import scanning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlflow.sql.splitting import Piece


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a statement can't work here, and what to do instead."""

    message: str
    hint: str


_OWN_SESSION = "each statement runs in a session of its own"

_TRANSACTION = Refusal(
    f"{{}} can't work here: {_OWN_SESSION}, and a transaction does not outlast its session",
    "leave it out; each statement is a transaction by itself",
)
_TEMPORARY = Refusal(
    f"{{}} can't work here: {_OWN_SESSION}, and what is temporary ends with it",
    "make it an ordinary one, and drop it at the end of the program",
)
_PREPARED = Refusal(
    f"{{}} can't work here: {_OWN_SESSION}, and a prepared statement ends with it",
    "write the statement itself",
)
_LOCK = Refusal(
    f"{{}} can't work here: {_OWN_SESSION}, and its locks end with it",
    "leave it out; statements wait for each other by the tables that they read and write",
)
_CURSOR = Refusal(
    f"{{}} can't work here: {_OWN_SESSION}, and a cursor ends with it",
    "write the query itself; its rows are read as they come",
)
_FROM_QUERY = Refusal(
    f"{{}} takes constants only: {_OWN_SESSION}, and the setting is replayed in each",
    "write the value itself, or keep it in a table",
)
_VARIABLE = Refusal(
    f"{{}} can't work here: {_OWN_SESSION}, and a variable ends with it",
    "keep the value in a table: CREATE TABLE … AS SELECT …",
)
_DELIMITER = Refusal(
    "{} is a command of the mysql client and not SQL",
    "leave it out; CREATE PROCEDURE … END is one statement here",
)
_MEMORY = Refusal(
    f"{{}} of a database in memory can't work here: {_OWN_SESSION}, and the database ends with it",
    "attach a file",
)
_SHELL = Refusal("{} is a command of a database shell and not SQL", "leave it out")

_BY_WORD = {
    **dict.fromkeys(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"), _TRANSACTION),
    **dict.fromkeys(("END", "ABORT"), _TRANSACTION),
    **dict.fromkeys(("PREPARE", "EXECUTE", "DEALLOCATE"), _PREPARED),
    **dict.fromkeys(("LOCK", "UNLOCK"), _LOCK),
    **dict.fromkeys(("DECLARE", "FETCH", "CLOSE", "HANDLER"), _CURSOR),
    "DELIMITER": _DELIMITER,
    ".": _SHELL,
    "\\": _SHELL,
}
_TEMPORARY_WORDS = frozenset({"TEMP", "TEMPORARY"})
_SECRET = "SECRET"  # noqa: S105 - a keyword


def refusal(text: str, piece: Piece, dialect: str) -> Refusal | None:
    """Return why a standard statement can't work, or None."""
    head = piece.head
    found = _BY_WORD.get(head[0])
    what = head[0]
    if head[:2] == ("START", "TRANSACTION"):
        found, what = _TRANSACTION, "START TRANSACTION"
    elif head[:2] == ("EXECUTE", "IMMEDIATE"):
        found = None
    elif head[0] == "CREATE" and _TEMPORARY_WORDS & set(head) and _SECRET not in head:
        last = next(i for i, word in enumerate(head) if word in _TEMPORARY_WORDS)
        found, what = _TEMPORARY, " ".join(head[: last + 1])
    elif found is None:
        found, what = _by_text(text, piece, dialect)
    return Refusal(found.message.format(what), found.hint) if found else None


def _by_text(text: str, piece: Piece, dialect: str) -> tuple[Refusal | None, str]:
    first = piece.head[0]
    if first == "SET":
        return _of_set(_words(text, dialect))
    if first == "ATTACH" and _IN_MEMORY.search(text):
        return _MEMORY, "ATTACH"
    if dialect == "mysql" and "@" in text and _assigns(_words(text, dialect)):
        return _VARIABLE, "setting a variable in a query"
    if _TEMPORARY_TARGET.search(text) and _is_temporary(_words(text, dialect)):
        return _TEMPORARY, "a temporary table"
    return None, ""


_IN_MEMORY = re.compile(r"(?i)\bATTACH\b(\s+(DATABASE|OR|REPLACE|IF|NOT|EXISTS))*\s+'(:memory:)?'")
_TEMPORARY_TARGET = re.compile(r"(?i)\b(into\s+temp(orary)?\b|temp\s*\.|pg_temp\s*\.)")


def _words(text: str, dialect: str) -> list[str]:
    """Return the words in upper case and the marks; of a literal, its first character."""
    return [
        text[start:end].upper() if kind == "word" else text[start]
        for kind, start, end in scanning.scan(text, dialect)
    ]


def _of_set(words: Sequence[str]) -> tuple[Refusal | None, str]:
    if "SELECT" in words or any(
        after == "(" and (word.isidentifier()) and word not in ("TO", "IN")
        for word, after in itertools.pairwise(words)
    ):
        return _FROM_QUERY, "SET"
    if "AUTOCOMMIT" in words and not {"1", "ON", "TRUE"} & set(words):
        return _TRANSACTION, "SET AUTOCOMMIT"
    return None, ""


def _assigns(words: Sequence[str]) -> bool:
    pairs = list(itertools.pairwise(words))
    return (":", "=") in pairs or ("INTO", "@") in pairs


def _is_temporary(words: Sequence[str]) -> bool:
    pairs = set(itertools.pairwise(words))
    if words[0] in ("CREATE", "DROP", "ALTER", "INSERT"):
        return ("TEMP", ".") in pairs or ("PG_TEMP", ".") in pairs
    return ("INTO", "TEMP") in pairs or ("INTO", "TEMPORARY") in pairs


_ALWAYS = frozenset({"USE", "ATTACH", "DETACH", "INSTALL", "RESET"})
_SERVER_WIDE = frozenset({"GLOBAL", "PERSIST", "PERSIST_ONLY", "PASSWORD"})
_QUESTIONS = re.compile(
    r"(?i)\w+_(info|xinfo|list|check|show)|database_size|optimize|wal_checkpoint|incremental_vacuum|version"
    r"|platform|show_\w+|collations|user_agent|compile_options|functions|checkpoint|\w+_version"
    r"|page_count|freelist_count|schema_version|data_version"
)
"""PRAGMAs that ask or do something, and set nothing."""


def is_session(text: str, piece: Piece, dialect: str) -> bool:
    """Whether a standard statement sets up the session, and so is replayed by later ones."""
    head = piece.head
    if head[0] in _ALWAYS:
        return True
    if head[0] == "SET":
        return dialect != "mysql" or head[1:2][0] not in _SERVER_WIDE if len(head) > 1 else True
    if head[0] == "LOAD":
        return head[1:2] != ("DATA",) and head[1:2] != ("XML",)
    if head[0] == "PRAGMA":
        return _is_setting(text, dialect)
    return _SECRET in head[1:] and head[0] in ("CREATE", "DROP") and "PERSISTENT" not in head


def _is_setting(text: str, dialect: str) -> bool:
    words = _words(text, dialect)
    name = words[3] if words[2:3] == ["."] and len(words) > 3 else words[1] if words[1:] else ""
    if _QUESTIONS.fullmatch(name):
        return False
    return dialect != "sqlite" or "=" in words or "(" in words


_ENGINES = re.compile(r"(?i)(duckdb|sqlite|file):")
"""What may stand before the name of a file; other prefixes lead to a service."""
_ELSEWHERE = re.compile(r"(?i)[a-z][a-z0-9_]+:")


def attached_file(text: str, piece: Piece, dialect: str) -> str:
    """Return the name of the file that an ATTACH opens; empty if it opens none."""
    if piece.head[0] != "ATTACH":
        return ""
    lexemes = list(scanning.scan(text, dialect))
    words = [text[start:end].upper() for kind, start, end in lexemes if kind == "word"]
    named = next((text[start + 1 : end - 1] for kind, start, end in lexemes if kind == "text"), "")
    path = _ENGINES.sub("", named.replace("''", "'"), count=1)
    is_service = _ELSEWHERE.match(path) or {"POSTGRES", "MYSQL"} & set(words)
    return "" if is_service else path


_RENAMING = frozenset({"USE", "ATTACH", "DETACH"})


def changes_names(text: str, piece: Piece) -> bool:
    """Whether a session statement may change which table a name stands for."""
    return piece.head[0] in _RENAMING or bool(re.search(r"(?i)search_path|schema", text))
