"""SQLFlow servers as processes of this machine, in front of the cluster: replicas of each other."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc

from tests.conformance.server_processes import ServerProcess, Transcript

if TYPE_CHECKING:
    from pathlib import Path

    from sqlflow.v1 import sqlflow_pb2 as pb
    from tests.cluster.support.clusters import Cluster

PATIENCE = 120.0
URL = "https://argo.test/workflows/{namespace}/{name}"


@dataclass(slots=True)
class Replicas:
    """Starts servers that keep the jobs of one namespace and share their token keys.

    Attributes:
        folder: where their logs and the keys are.
    """

    cluster: Cluster
    namespace: str
    folder: Path
    started: list[ServerProcess] = field(default_factory=list)

    def start(self, *, kubeconfig: Path | None = None, **settings: Any) -> ServerProcess:
        """Start a server; wait until it serves.

        Args:
            kubeconfig: its login, if not the cluster's own.
            settings: of the server, by their names.
        """
        keys = self.folder / "keys"
        if not keys.exists():
            keys.mkdir(mode=0o700)
            (keys / "k1").write_bytes(secrets.token_bytes(32))
        os.environ["KUBECONFIG"] = str(kubeconfig or self.cluster.flavour.kubeconfig)
        server = ServerProcess(
            self.folder / f"server-{len(self.started)}",
            job_runner="kubernetes",
            job_namespace=self.namespace,
            token_keys=keys,
            workflow_url=URL,
            **settings,
        )
        self.started.append(server)
        return server.start()

    def end(self) -> None:
        """Kill those that still run."""
        for server in self.started:
            server.clean_up()


def fetch_somehow(
    servers: list[ServerProcess], job: str, transcript: Transcript, **fields: Any
) -> pb.Page | None:
    """Read a page from the first server that answers, as a client does that knows several."""
    for server in servers:
        try:
            return server.fetch(job, transcript, **fields)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
    return None


def read_all(server: ServerProcess, job: str, transcript: Transcript | None = None) -> Transcript:
    """Read a transcript to its end, from its start or from where a reader is."""
    transcript, deadline = transcript or Transcript(), time.monotonic() + PATIENCE
    while not transcript.end:
        assert time.monotonic() < deadline, transcript.entries[-3:]
        server.fetch(job, transcript)
    return transcript


def read_some(server: ServerProcess, job: str, records: int) -> Transcript:
    """Read until there are so many records; the job still runs then."""
    transcript, deadline = Transcript(), time.monotonic() + PATIENCE
    while len(transcript.entries) < records:
        assert time.monotonic() < deadline, transcript.entries[-3:]
        server.fetch(job, transcript)
    assert not transcript.end
    return transcript
