"""A long-running process of a node, as data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What the node's first process is to run.

    Attributes:
        name: such as ``kube-apiserver``; its log is ``NAME.log``.
        argv: the command, with absolute paths.
        environment: all of it; nothing is inherited.
        files: hashes of the configuration files that it reads only at its start. They are here
            so that a change of one is a change of the process.
    """

    name: str
    argv: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Equal digests: nothing to restart."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
