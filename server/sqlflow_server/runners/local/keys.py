"""The keys that sign fetch tokens: a file beside the jobs, so that tokens outlive servers."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from typing import TYPE_CHECKING

from sqlflow.transcript.tokens import KeyRing
from sqlflow_server.runners.local import files

if TYPE_CHECKING:
    from pathlib import Path


def key_ring(path: Path) -> KeyRing:
    """Return the keys of a file, which is made if it is not there.

    It is written aside and linked into place, so that of two servers that start at once one makes
    the file, whole, and both read it.
    """
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        keys = {f"k{secrets.token_hex(4)}": secrets.token_hex(32)}
        try:
            with files.storage("the key file"):
                files.write(temporary, json.dumps(keys).encode())
                with contextlib.suppress(FileExistsError):
                    os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    keys = json.loads(path.read_text(encoding="utf-8"))
    return KeyRing([(name, bytes.fromhex(secret)) for name, secret in keys.items()])
