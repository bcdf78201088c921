"""The operator as a process of this machine, which a test may kill wherever it likes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devcluster.places import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster

_SECONDS = 60


@dataclass(slots=True)
class Processes:
    """Starts operators that serve one namespace, with the administrator's login.

    Attributes:
        folder: where their logs go.
    """

    cluster: Cluster
    namespace: str
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self, fail_point: str = "", *, kubeconfig: Path | None = None, **more: str
    ) -> subprocess.Popen[bytes]:
        """Start an operator, which may be told where to die.

        Args:
            kubeconfig: its login, if not the cluster's own.
            more: settings of the operator, by their names.
        """
        settings = {
            "NAMESPACES": self.namespace,
            "STEP_IMAGE": self.cluster.images["step"],
            "LIVENESS": "",
            "METRICS_PORT": "0",
            "STOP_GRACE": "5",
            "FAIL_POINT": fail_point,
            **more,
        }
        environment = {
            **os.environ,
            **{f"SQLFLOW_OPERATOR_{name}": value for name, value in settings.items()},
            "KUBECONFIG": str(kubeconfig or self.cluster.flavour.kubeconfig),
        }
        with (self.folder / f"operator-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sqlflow_operator"],
                cwd=PROJECT / "operator",
                env=environment,
                stderr=log,
            )
        self.started.append(process)
        return process

    async def died(self, process: subprocess.Popen[bytes]) -> int:
        """Wait until an operator has ended; return its exit code."""
        return await asyncio.to_thread(process.wait, _SECONDS)

    def end(self) -> None:
        """Kill those that still run."""
        for process in self.started:
            process.kill()
            process.wait()

    def logs(self) -> str:
        return "\n".join(
            file.read_text("utf-8") for file in sorted(self.folder.glob("operator-*.log"))
        )
