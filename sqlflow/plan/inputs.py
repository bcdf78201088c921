"""The text of a program, taken in: decoded, and refused where it is no text or too long."""

from __future__ import annotations

from dataclasses import dataclass

from sqlflow.errors import LimitError, Problem, ProgramError
from sqlflow.sql.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a program may be; the same for every runner."""

    program_bytes: int = 256 * 1024
    statements: int = 200
    ir_bytes: int = 900 * 1024


def read(text: str | bytes, limits: Limits) -> Source:
    """Return the program's text.

    Raises:
        LimitError: it is too long.
        ProgramError: it is not UTF-8, or holds a NUL character.
    """
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(raw) > limits.program_bytes:
        raise LimitError(
            Problem(
                message=f"the program has {len(raw):,} bytes; the limit is "
                f"{limits.program_bytes:,}",
                hint="keep data in files or tables, or split the program",
            )
        )
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProgramError(_undecodable(raw, error.start)) from None
    decoded = decoded.removeprefix("\ufeff")
    source = Source(decoded)
    if (nul := decoded.find("\0")) >= 0:
        raise ProgramError(source.problem("a NUL character can't be part of a program", nul))
    return source


def _undecodable(raw: bytes, start: int) -> Problem:
    """Point at the first byte that is wrong; what follows is shown as well as it can be."""
    before = raw[:start].decode("utf-8")
    rest = raw[start:].split(b"\n", 1)[0].decode("utf-8", "replace")
    return Source(before + rest).problem(
        f"the program is not UTF-8: byte 0x{raw[start]:02x} begins no character",
        len(before),
        hint="save the file as UTF-8",
    )
