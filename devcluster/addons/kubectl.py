"""Speaks to the API server through ``kubectl``, whose apply and waiting need no second writing."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path

SECONDS: Final = 120.0
MANAGER: Final = "sqlflow-devcluster"  # the owner of the fields that we apply


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The command for one cluster.

    Attributes:
        kubeconfig: the login. What kubectl remembers of a server lies beside it, so that a new
            cluster on the same port is not taken for the old one.
    """

    binary: Path
    kubeconfig: Path

    def run(self, *arguments: str, stdin: str = "", seconds: float = SECONDS) -> str:
        """Run a command and return what it prints.

        Raises:
            ClusterError: it failed, or took longer than it may.
        """
        command = [
            str(self.binary),
            f"--kubeconfig={self.kubeconfig}",
            f"--cache-dir={self.kubeconfig.parent / 'kubectl'}",
            *arguments,
        ]
        shown = f"kubectl {' '.join(arguments)}"
        try:
            done = subprocess.run(
                command,
                check=False,
                capture_output=True,
                text=True,
                errors="replace",  # A log may hold any bytes.
                input=stdin,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(f"`{shown}` did not end within {seconds:.0f} s") from None
        except OSError as error:
            raise ClusterError(f"`{shown}` can't be run: {error}") from error
        if done.returncode:
            raise ClusterError(
                f"`{shown}` ended with status {done.returncode}", details=done.stderr
            )
        return done.stdout

    def apply(self, *arguments: str, stdin: str = "") -> None:
        """Make the cluster have these manifests; what it has already stays untouched."""
        self.run(
            *("apply", "--server-side", "--force-conflicts", f"--field-manager={MANAGER}"),
            *arguments,
            stdin=stdin,
        )

    def items(self, *arguments: str, seconds: float = 5.0) -> list[dict[str, Any]]:
        """Return the objects of ``kubectl get``; the server gets some seconds to answer."""
        text = self.run(
            *("get", "--output=json", f"--request-timeout={seconds:.0f}s"),
            *arguments,
            seconds=3 * seconds,
        )
        found: list[dict[str, Any]] = json.loads(text)["items"]
        return found
