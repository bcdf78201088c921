"""Token keys in a folder, as a Secret of Kubernetes is mounted: a file a key, replaced any time.

The name of a file is the key's id, its content the key. The last name in the order of the alphabet
signs and all are believed. So to rotate, add a key whose name sorts last, such as the date of
today; wait until it is mounted everywhere and nobody holds a token of the old one; remove that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sqlflow.errors import UserError
from sqlflow.transcript.tokens import KeyRing

if TYPE_CHECKING:
    from pathlib import Path

    from sqlflow.transcript.positions import Position

_log = structlog.get_logger(__name__)


class KeyFolder:
    """A :class:`~sqlflow.transcript.tokens.KeyRing` that follows a folder.

    Raises:
        UserError: there is no usable key in it. Later on, such a folder is logged and the keys
            before it stay.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = _mark(folder)
        self._ring = _read(folder)

    def sign(self, job: str, position: Position) -> str:
        """Sign as :meth:`KeyRing.sign` does."""
        return self._current().sign(job, position)

    def verify(self, token: str, *, job: str | None = None) -> tuple[str, Position]:
        """Verify as :meth:`KeyRing.verify` does."""
        return self._current().verify(token, job=job)

    def _current(self) -> KeyRing:
        """Return the keys; a look whether they were replaced costs one stat."""
        mark = _mark(self._folder)
        if mark != self._seen:
            self._seen = mark
            try:
                self._ring = _read(self._folder)
                _log.info("token keys replaced", keys=repr(self._ring))
            except UserError as error:
                _log.error("token keys stay as they were", error=str(error))
        return self._ring


def _mark(folder: Path) -> tuple[int, ...]:
    # The kubelet swaps the link `..data`, so all files are replaced at once.
    try:
        stat = (folder / "..data").lstat()
    except FileNotFoundError:
        try:
            stat = folder.stat()
        except OSError:
            return ()
    return stat.st_ino, stat.st_mtime_ns


def _read(folder: Path) -> KeyRing:
    try:
        files = sorted(
            (it for it in folder.iterdir() if it.is_file() and not it.name.startswith(".")),
            reverse=True,
        )
        return KeyRing([(file.name, file.read_bytes()) for file in files])
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError(f"the folder of token keys {folder} can't be read: {why}") from error
    except ValueError as error:
        raise UserError(f"the folder of token keys {folder} can't be used: {error}") from error
